// One page, two workers, names by content. Nothing is inlined: the page's policy forbids it.
import { defineConfig } from 'vite'
import { engine } from './vite.engine.ts'

export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    sourcemap: false,
    reportCompressedSize: false,
  },
  worker: { format: 'es', plugins: () => [engine()] },
})
