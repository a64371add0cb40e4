/** How wide the place of a picture is, now and whenever that changes. */
import { useEffect, useRef, useState } from 'react'

export function useWidth(first = 600) {
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(first)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { place, width }
}
