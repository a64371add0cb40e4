import { afterEach, expect, test, vi } from 'vitest'
import { download } from './client'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

test('a file that lies elsewhere is opened by its link and not fetched through the page', async () => {
  const link = 'https://abcdefgh.supabase.co/storage/v1/object/sign/models/x?token=t&download=x.zip'
  const type = 'application/vnd.trainyard.link+json'
  const asked: Request[] = []
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(request)
    return Promise.resolve(new Response(JSON.stringify({ url: link }), { headers: { 'Content-Type': type } }))
  })
  const open = vi.fn()
  vi.stubGlobal('open', open)
  await download(`${location.origin}/api/v1/models/1/versions/1/download`, 'x.zip')
  expect(open).toHaveBeenCalledWith(link, '_self')
  expect(asked).toHaveLength(1)
  expect(asked[0]?.headers.get('Accept')).toContain(type)
})
