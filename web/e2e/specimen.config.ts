// Builds the page of the screens on made data (specimen.ts) for the tests; never part of the app.
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'e2e',
  base: '/',
  publicDir: '../public',
  build: {
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    emptyOutDir: true,
    reportCompressedSize: false,
    rollupOptions: { input: 'e2e/specimen.html' },
  },
})
