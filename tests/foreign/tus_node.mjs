// One upload by tus-js-client in Node, as an application would do it. The job is JSON on stdin, the outcome JSON on stdout.
import { createReadStream } from "node:fs"
import { text } from "node:stream/consumers"
import * as tus from "tus-js-client"

const job = JSON.parse(await text(process.stdin))
const requests = []
const errors = []
const outcome = await new Promise((done) => {
  const upload = new tus.Upload(createReadStream(job.file), {
    endpoint: job.endpoint,
    uploadUrl: job.uploadUrl,
    headers: job.headers,
    metadata: job.metadata,
    chunkSize: job.chunkSize,
    retryDelays: job.retryDelays ?? null,
    uploadDataDuringCreation: job.dataDuringCreation ?? false,
    overridePatchMethod: job.overridePatchMethod ?? false,
    removeFingerprintOnSuccess: true,
    ...(job.storage && { urlStorage: new tus.FileUrlStorage(job.storage) }),
    onAfterResponse: (request, response) => requests.push([request.getMethod(), response.getStatus()]),
    onShouldRetry: (error, attempt, options) => {
      errors.push(String(error.causingError ?? error.message).slice(0, 200))
      return tus.defaultOptions.onShouldRetry(error, attempt, options)
    },
    onSuccess: () => done({ state: "success", url: upload.url }),
    onError: (error) => done({ state: "error", status: error.originalResponse?.getStatus() ?? 0, url: upload.url }),
    onChunkComplete: async (_, accepted) => {
      if (job.abortAt && accepted >= job.abortAt) {
        await upload.abort()
        done({ state: "aborted", accepted, url: upload.url })
      }
    },
  })
  begin(upload)
})
console.log(JSON.stringify({ ...outcome, requests, errors, ...(job.terminate && (await terminate())) }))

async function begin(upload) {
  if (job.storage) {
    const earlier = await upload.findPreviousUploads()
    requests.push(["FOUND", earlier.length])
    if (earlier.length) upload.resumeFromPreviousUpload(earlier[0])
  }
  upload.start()
}

async function terminate() {
  await tus.Upload.terminate(outcome.url, { headers: job.headers, retryDelays: [] })
  return { terminated: true }
}
