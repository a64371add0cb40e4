/** Writes API calls down as curl and as Python. */

export interface ApiCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its parameters filled in, from /api on. */
  path: string
  body?: unknown
  /** Parts of a multipart form instead of a body; "@name" is a file of that name. */
  form?: Record<string, string>
  /** Keep the answer under this name. */
  output?: string
}

export function asCurl(calls: ApiCall[], origin: string): string {
  return calls
    .map(({ method, path, body, form, output }) => {
      const parts = [
        `curl -sS ${method === 'GET' ? '' : `-X ${method} `}${quoted(origin + path)}`,
        `-H "Authorization: Bearer $TOKEN"`,
      ]
      if (body !== undefined) parts.push(`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`)
      for (const [name, value] of Object.entries(form ?? {})) parts.push(`-F ${quoted(`${name}=${value}`)}`)
      if (output) parts.push(`-L -o ${quoted(output)}`)
      return parts.join(' \\\n  ')
    })
    .join('\n\n')
}

export function asPython(calls: ApiCall[], origin: string): string {
  const head = `import requests\n\nserver = requests.Session()\nserver.headers["Authorization"] = f"Bearer {TOKEN}"\n`
  const lines = calls.map(({ method, path, body, form, output }) => {
    const given = [JSON.stringify(origin + path)]
    if (body !== undefined) given.push(`json=${pythonic(body)}`)
    if (form) {
      const files = Object.entries(form).filter(([, value]) => value.startsWith('@'))
      const data = Object.entries(form).filter(([, value]) => !value.startsWith('@'))
      if (data.length)
        given.push(
          `data={${data.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(', ')}}`,
        )
      if (files.length)
        given.push(
          `files={${files.map(([name, value]) => `${JSON.stringify(name)}: open(${JSON.stringify(value.slice(1))}, "rb")`).join(', ')}}`,
        )
    }
    const sent = `answer = server.${method.toLowerCase()}(${given.join(', ')})\nanswer.raise_for_status()`
    return output
      ? `${sent}\nopen(${JSON.stringify(output)}, "wb").write(answer.content)`
      : `${sent}\nprint(answer.json())`
  })
  return [head, ...lines].join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** JSON as Python writes it. */
function pythonic(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `[${value.map(pythonic).join(', ')}]`
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)}: ${pythonic(each)}`)
      .join(', ')}}`
  return JSON.stringify(value)
}
