// A page that sends photos by Uppy and by tus-js-client; bundled for the test, driven from it.
import Uppy from "@uppy/core"
import Tus from "@uppy/tus"
import * as tus from "tus-js-client"

const endpoint = `${location.origin}/v1/uploads`
const file = ({ data, metadata }) =>
  new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], `${metadata.photo_id}.jpg`, {
    type: "image/jpeg",
    lastModified: 1,
  })

window.byUppy = async ({ photos, ...options }) => {
  const uppy = new Uppy().use(Tus, { endpoint, ...options })
  for (const photo of photos) uppy.addFile({ name: photo.metadata.photo_id, type: "image/jpeg", data: file(photo), meta: photo.metadata })
  const { successful, failed } = await uppy.upload()
  return { successful: successful.map((one) => one.uploadURL), failed: failed.map((one) => one.error) }
}

window.byTus = ({ photo, abortAt, ...options }) =>
  new Promise((done) => {
    const requests = []
    const upload = new tus.Upload(file(photo), {
      endpoint,
      metadata: photo.metadata,
      ...options,
      onAfterResponse: (request, response) => requests.push([request.getMethod(), response.getStatus()]),
      onSuccess: () => done({ state: "success", url: upload.url, requests }),
      onError: (error) => done({ state: "error", error: String(error), requests }),
      onChunkComplete: async (_, accepted) => {
        if (!abortAt || accepted < abortAt) return
        await upload.abort()
        done({ state: "aborted", requests })
      },
    })
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length) upload.resumeFromPreviousUpload(earlier[0])
      upload.start()
    })
  })
