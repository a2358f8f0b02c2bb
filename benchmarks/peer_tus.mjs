// @tus/server with its file store, as its own documentation has it: node peer_tus.mjs PORT FOLDER PACKAGES
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, folder, packages] = process.argv.slice(2);
const find = createRequire(`${packages}/`);
const load = (name) => import(pathToFileURL(find.resolve(name)).href);
const { Server } = await load("@tus/server");
const { FileStore } = await load("@tus/file-store");
new Server({ path: "/files", datastore: new FileStore({ directory: folder }) }).listen({ host: "127.0.0.1", port: Number(port) });
