import { defineConfig } from "vitest/config";
import { words } from "./build/words.ts";

export default defineConfig({
  define: { __VERSION__: '"test"' },
  plugins: [words()],
  test: { include: ["src/**/*.test.ts", "build/**/*.test.ts"], environment: "node", testTimeout: 30_000, setupFiles: ["src/test/setup.ts"] },
});
