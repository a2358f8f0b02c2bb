// The whole glue between RxDB's replication and the server: fetch, one modifier, the news stream, the epoch.
import { createHmac } from "node:crypto"
import { replicateRxCollection } from "rxdb/plugins/replication"
import { Subject } from "rxjs"

export const claimOf = (secret, id) => createHmac("sha256", secret).update(id).digest("base64url").slice(0, 22)

export async function replicate(collection, options) {
  const { url, token, secret, push = false, live = false, limit = 100, log = [], gone = () => {} } = options
  const name = collection.name
  let state
  const headers = { authorization: `Bearer ${token}` }
  const call = async (path, body) => {
    const sent = body && { method: "POST", body: JSON.stringify(body) }
    const answer = await fetch(url + path, { headers: { ...headers, "content-type": "application/json" }, ...sent })
    const said = await answer.json()
    log.push({ path, status: answer.status, rows: body?.length, documents: said.documents?.length ?? said.length })
    if (answer.status === 410) gone(said)
    if (!answer.ok) throw Object.assign(new Error(said.code), said)
    return said
  }
  const pull = async (cp, size) => {
    const at = cp ? `&cp=${Buffer.from(JSON.stringify(cp)).toString("base64url")}` : ""
    const page = await call(`/v1/sync/${name}/pull?limit=${size}${at}`)
    // RxDB drops a master of a row whose push is not settled: settle it first, as the master has the server's fields
    const inner = state?.internalReplicationState
    if (inner?.firstSyncDone.down.getValue()) await inner.streamQueue.up
    return page
  }
  // masters hold no claim and, once erased, no text: a client keeps its own
  const own = async (master) => {
    if (name !== "notes" || master._deleted) return master
    const mine = (await collection.findOne(master.id).exec())?.toJSON()
    return { claim: mine?.claim ?? claimOf(secret, master.id), ...(mine?.text && { text: mine.text }), ...master }
  }
  const news = new Subject()
  state = replicateRxCollection({
    collection,
    live,
    retryTime: 200,
    // a restored server has another epoch: everything held is then compared anew
    replicationIdentifier: `${url}/${name}/${(await pull(undefined, 1)).checkpoint.c.e}`,
    pull: { batchSize: limit, handler: pull, modifier: own, stream$: news },
    ...(push && {
      push: {
        batchSize: 100,
        handler: async (rows) => Promise.all((await call(`/v1/sync/${name}/push`, rows)).map(own)),
      },
    }),
  })
  if (live) listen(`${url}/v1/sync/stream`, headers, news, state)
  return state
}

async function listen(url, headers, news, state) {
  const stop = new AbortController()
  state.canceled$.subscribe((ended) => ended && stop.abort())
  while (!state.isStopped()) {
    try {
      const answer = await fetch(url, { headers, signal: stop.signal })
      const pieces = answer.body.pipeThrough(new TextDecoderStream())
      news.next("RESYNC")
      for await (const piece of pieces) if (piece.includes("RESYNC")) news.next("RESYNC")
    } catch {
      // the line is away, or the replication ended
    }
    await new Promise((again) => setTimeout(again, 200))
  }
}
