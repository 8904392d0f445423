// A person at a browser of their own: what they press, type and see.
import { addMember, certify, invitation, kPassphrase, kSite, rootFingerprint } from './organisation.js'
import { kDesktop, watched } from './browser.js'

const kPatienceMs = 60_000

export class Person {
  constructor(browser, complaints, person, name, role = 'officer') {
    Object.assign(this, { browser, complaints, person, name, role })
  }

  /** From the registrar's link to the first conversation. */
  async enrol(checks) {
    this.context = await this.browser.newContext({ viewport: kDesktop, ignoreHTTPSErrors: true, reducedMotion: 'reduce' })
    this.page = await watched(this.context, this.complaints)
    this.page.setDefaultTimeout(kPatienceMs)
    await this.page.goto(invitation(this.person, this.name, this.role))
    const shown = (await this.page.locator('.fingerprint').innerText()).replace(/\s/g, '')
    checks.equal('the fingerprint is the one on paper', shown, rootFingerprint())
    checks.equal('the address keeps no invitation', new URL(this.page.url()).hash, '')
    await this.press('It is the same')
    await this.page.fill('#passphrase', kPassphrase)
    await this.page.fill('#again', kPassphrase)
    await this.press('Make my keys')
    const request = await this.page.locator('#request').inputValue()
    this.device = /^device ([0-9a-f]{64})$/m.exec(request)?.[1]
    checks.check('the request names the device', this.device !== undefined, request)
    await this.page.fill('#certificate', await certify(this.person, request))
    await this.press('Finish')
    await this.press('I have read this')
    await this.page.locator('.monitoring').waitFor({ state: 'detached' })
    if (this.role === 'officer') {
      await addMember(this.device)
      await this.open()
    }
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click()
  }
  open() {
    return this.page.locator('.group', { hasText: 'Response Team A' }).click()
  }
  async write(text) {
    await this.page.fill('#composer', text)
    await this.page.press('#composer', 'Enter')
  }
  message(text) {
    // Its own words, not those it answers.
    return this.page.locator('c-message', { has: this.page.locator('.text, .gone', { hasText: text }) })
  }
  sees(text) {
    return this.message(text).last().waitFor()
  }
  delivered(text) {
    return this.message(text).locator('.message.delivered').last().waitFor()
  }
  async gone(text) {
    await this.message(text).first().waitFor({ state: 'detached' })
  }
  async menu(text, item) {
    const line = this.message(text).last()
    await line.focus()
    await line.locator('.menu').click()
    await this.press(item)
  }
  async unlock() {
    await this.page.fill('#passphrase', kPassphrase)
    await this.press('Unlock')
    await this.page.locator('.frame').waitFor()
  }
  async reload() {
    await this.page.goto(kSite)
    await this.unlock()
    await this.open()
  }
}
