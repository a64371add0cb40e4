// One upload by tus-js-client: options as JSON on the command line, what happens as JSON lines.
import { open } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { Upload } from 'tus-js-client'

const options = JSON.parse(process.argv[2])
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`)

const file = createReadStream(options.file)
// A stream that nobody knows the length of, or a file that can be read again from any place.
const upload = new Upload(options.deferred ? file.pipe(new PassThrough()) : file, {
  endpoint: options.endpoint,
  uploadUrl: options.url,
  headers: { Authorization: `Bearer ${options.token}` },
  metadata: options.metadata,
  chunkSize: options.chunkSize ?? Infinity,
  uploadSize: options.deferred || options.parallel ? null : (await (await open(options.file)).stat()).size,
  uploadLengthDeferred: options.deferred ?? false,
  parallelUploads: options.parallel ?? 1,
  uploadDataDuringCreation: options.withCreation ?? false,
  overridePatchMethod: options.onlyPost ?? false,
  retryDelays: Array(120).fill(500), // a server that was killed needs its time
  onBeforeRequest: (request) =>
    say({
      request: request.getMethod(),
      url: request.getURL(),
      offset: request.getHeader('Upload-Offset') ?? null,
      concat: request.getHeader('Upload-Concat') ?? null,
    }),
  onAfterResponse: (request, response) =>
    say({ answered: request.getMethod(), status: response.getStatus(), job: response.getHeader('X-Job-Id') ?? null }),
  onError: (error) => {
    say({ error: String(error) })
    process.exit(1)
  },
  onSuccess: () => {
    say({ done: upload.url })
    process.exit(0)
  },
})
upload.start()
