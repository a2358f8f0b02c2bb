// Builds the panel's assets, when there are any.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
if (existsSync(at("../../admin/assets/panel.ts"))) await build({ configFile: at("../vite.panel.config.ts"), root: at("../../admin/assets") });
else console.log("no panel assets to build");
