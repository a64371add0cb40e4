/** A drawn SVG as a file: itself, or as PNG in twice its size. Colours must stand in the drawing, not in a style sheet. */

export function svgFile(drawing: SVGSVGElement, background: string): Blob {
  return new Blob([svgText(drawing, background)], { type: 'image/svg+xml' })
}

export async function pngFile(drawing: SVGSVGElement, background: string, factor = 2): Promise<Blob> {
  const { width, height } = drawing.getBoundingClientRect()
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(drawing, background))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * factor
  canvas.height = height * factor
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The browser made no picture'))), 'image/png'),
  )
}

/** The PNG behind a data URI, as the server sends its own pictures. */
export function pngOf(dataUri: string): Blob {
  const bytes = atob(dataUri.slice(dataUri.indexOf(',') + 1))
  return new Blob([Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))], { type: 'image/png' })
}

function svgText(drawing: SVGSVGElement, background: string): string {
  const { width, height } = drawing.getBoundingClientRect()
  const copy = drawing.cloneNode(true) as SVGSVGElement
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  copy.style.background = background
  copy.style.fontFamily = 'sans-serif'
  return new XMLSerializer().serializeToString(copy)
}
