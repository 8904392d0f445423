// Chromium as the tests use it: headless, without a network of its own, one fresh profile a run.
import { chromium } from 'playwright-core'

export const kChromium = process.env.CANDOUR_CHROMIUM ?? '/usr/bin/chromium'

export const launch = () =>
  chromium.launch({
    executablePath: kChromium,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  })

export const kPhone = { width: 360, height: 740 }
export const kDesktop = { width: 1280, height: 800 }

/** A page that fails the run on anything the browser complains about. */
export async function watched(context, complaints) {
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog opened: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return page
}
