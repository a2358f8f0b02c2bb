// An RxDB application driven from a test: one JSON command a line on stdin, one JSON answer a line on stdout.
import { createInterface } from "node:readline"
import { IDBKeyRange, indexedDB } from "fake-indexeddb"
import { createRxDatabase } from "rxdb/plugins/core"
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie"
import { getRxStorageMemory } from "rxdb/plugins/storage-memory"
import { claimOf, replicate } from "./glue.mjs"

const text = { type: "string" }
const schema = (properties) => ({
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: { id: { type: "string", maxLength: 36 }, ...properties },
  required: ["id"],
})
const schemas = {
  notes: schema({ claim: text, kind: text, topic: text, area: text, text, reach: text, status: text, rev: { type: "number" } }),
  areas: schema({ code: text, parent: text, level: text, name: text }),
  topics: schema({ code: text, name: { type: "object" }, lanes: { type: "object" } }),
  places: schema({ area: text, name: text, kind: text }),
  answers: schema({ title: text, text, areas: { type: "array", items: text } }),
}
const storages = { memory: getRxStorageMemory(), dexie: getRxStorageDexie({ indexedDB, IDBKeyRange }) }
let settings, database
const states = {}
const log = []

const commands = {
  async open(options) {
    settings = { ...settings, ...options }
    database = await createRxDatabase({ name: settings.name, storage: storages[settings.storage], multiInstance: false })
    await database.addCollections(Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, { schema: one }])))
  },
  close: async () => void (await database.close()),
  async insert({ documents }) {
    const { error } = await database.notes.bulkInsert(documents.map((one) => ({ ...one, claim: claimOf(settings.secret, one.id) })))
    return { errors: error.length }
  },
  patch: async ({ id, fields }) => void (await (await database.notes.findOne(id).exec()).incrementalPatch(fields)),
  remove: async ({ id }) => void (await (await database.notes.findOne(id).exec()).incrementalRemove()),
  async start({ collection = "notes", ...options }) {
    const mine = (states[collection] = { errors: [], gone: 0 })
    const gone = () => mine.gone++ || restart(collection, options)
    const push = collection === "notes"
    mine.state = await replicate(database[collection], { ...settings, push, log, gone, ...options })
    mine.state.error$.subscribe((error) => mine.errors.push(JSON.stringify(error.parameters)))
  },
  async sync({ collection = "notes" }) {
    const { state, errors } = states[collection]
    await state.awaitInSync()
    state.reSync()
    await state.awaitInSync()
    return { errors: errors.splice(0) }
  },
  once: async ({ collection }) => void (await states[collection].state.awaitInitialReplication()),
  cancel: async ({ collection = "notes" }) => void (await states[collection].state.cancel()),
  documents: async ({ collection = "notes" }) => ({ documents: (await database[collection].find().exec()).map((one) => one.toJSON()) }),
  log: () => ({ log: log.splice(0) }),
}

// the server was restored: the same collection goes on under its new epoch
async function restart(collection, options) {
  await states[collection].state.cancel()
  await commands.start({ collection, ...options })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...given } = JSON.parse(line)
  let answer
  try {
    answer = await commands[name](given)
  } catch (error) {
    answer = { failed: String(error.stack ?? error) }
  }
  console.log(JSON.stringify(answer ?? {}))
}
process.exit(0)
