// Asks the browser to keep what this device needs even when its disk runs full: without that it may
// delete keys and messages by itself. Browsers answer by their own rules or ask the person.
let granted: boolean | null = null

/** False when the browser refused; null while it was not asked, or where one cannot ask. */
export const keepsStorage = (): boolean | null => granted

/** To be called when a person is there: some browsers show a question. */
export async function askToKeepStorage(): Promise<void> {
  try {
    const { storage } = navigator
    granted = (await storage.persisted()) || (await storage.persist())
  } catch {
    granted = null // not over https, or an older browser
  }
}
