/** How the page is built: into dist/, charts and views in files of their own, each beside its gzip copy that the server sends. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vitest/config'

const COMPRESSIBLE = /\.(js|css|html|svg|wasm|json)$/
const SERVER = process.env.TRAINYARD_URL ?? 'http://localhost:5000'

function gzipCopies(): Plugin {
  return {
    name: 'gzip-copies',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue
        const path = join(entry.parentPath, entry.name)
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  plugins: [react(), gzipCopies()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 600 },
  worker: { format: 'es' },
  server: {
    proxy: { '/api': SERVER, '/socket.io': { target: SERVER, ws: true }, '/ws': { target: SERVER, ws: true } },
  },
  test: { environment: 'jsdom', setupFiles: ['src/test/setup.ts'], restoreMocks: true },
})
