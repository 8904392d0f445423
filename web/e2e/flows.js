// Goal: officers and supervisors get their work done in the browser, against the real relay, bot,
// witness and terminal client, whatever fails meanwhile. Method: people at Chromium pages that the
// relay serves; the organisation is the example one (flows_test.py).
// Usage: node flows.js PICTURE_FOLDER
import { AxeBuilder } from '@axe-core/playwright'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { kPhone, launch, watched } from './browser.js'
import { Checks } from './check.js'
import { bot, candour, history, kSite, kTeam, moreRules, relay, revoke } from './organisation.js'
import { Person } from './person.js'

const pictures = process.argv[2]
mkdirSync(pictures, { recursive: true })
const checks = new Checks()
const browser = await launch()
const complaints = []
const wendy = new Person(browser, complaints, 'w-301', 'PC Wendy Ash')
const xavier = new Person(browser, complaints, 'w-302', 'PC Xavier Hill')
const yara = new Person(browser, complaints, 'w-303', 'PC Yara Noor')
const sergeant = new Person(browser, complaints, 'w-401', 'Sgt Zoe Park', 'supervisor')

/** What the default rules warn of; different words each time, so that each is a message of its own. */
const crude = (n) => `women can't drive, it's in their nature, keep them away from van ${n}`
const warningOf = (person) => person.page.locator('.warning')

/** A scenario; where it fails, what everybody had on the screen is kept. */
const flow = (name, run) => checks.scenario(name, run, async () => {
  for (const { page, person } of [wendy, xavier, yara, sergeant]) {
    await page?.screenshot({ path: join(pictures, `failed-${name.replace(/\W+/g, '-')}-${person}.png`) })
    await page?.keyboard.press('Escape')
  }
})

await flow('first load', async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await watched(context, complaints)
  const cdp = await context.newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 2 })
  const started = performance.now()
  await page.goto(kSite)
  await page.locator('#offer').waitFor()
  const fetched = await page.evaluate(() => performance.getEntriesByType('resource').map((one) => one.name))
  checks.check('the pre-check is not part of it', !fetched.some((name) => /precheck|\.wasm|\/policy\//.test(name)), fetched.join(' '))
  console.log(`usable after ${Math.round(performance.now() - started)} ms with the processor slowed by half (goal 1500, on this machine as it is now)`)
  await context.close()
})

await flow('enrol by a link', async () => {
  for (const person of [wendy, xavier, yara, sergeant]) await person.enrol(checks)
})

if (checks.failed > 0) {
  await browser.close()
  process.exit(checks.end())
}

await flow('three browsers and a terminal talk', async () => {
  await wendy.write('Keys are on the hook 🔑')
  await wendy.delivered('Keys are on the hook')
  for (const other of [xavier, yara]) await other.sees('Keys are on the hook')
  await candour('ben', ['send', '--group', kTeam], 'Thanks, taken')
  for (const other of [wendy, xavier, yara]) await other.sees('Thanks, taken')
  checks.check('the terminal has it too', (await history('ben')).includes('Keys are on the hook 🔑'))
  await xavier.menu('Keys are on the hook', 'Reply')
  await xavier.write('Which hook?')
  await wendy.message('Which hook?').locator('.quote', { hasText: 'Keys are on the hook' }).waitFor()
  await wendy.menu('Which hook?', 'React with 👍')
  await xavier.message('Which hook?').locator('.reaction').waitFor()
  await wendy.menu('Keys are on the hook 🔑', 'Edit')
  await wendy.write('Keys are on the second hook')
  await yara.sees('Keys are on the second hook')
  await yara.message('Keys are on the second hook').first().getByText('edited').waitFor()
  await xavier.menu('Which hook?', 'Delete for everyone')
  await xavier.press('Delete for everyone')
  await wendy.sees('This message was deleted for everyone.')
})

await flow('from one browser to another', async () => {
  const times = []
  for (let i = 0; i < 20; ++i) {
    const words = `Time check number ${i}.`
    const arrived = xavier.page.evaluate((wanted) => new Promise((seen) => {
      const look = () => [...document.querySelectorAll('c-message .text')].some((one) => one.textContent.includes(wanted)) ? seen() : requestAnimationFrame(look)
      look()
    }), words)
    await wendy.page.fill('#composer', words)
    const started = performance.now()
    await wendy.page.press('#composer', 'Enter')
    await arrived
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  console.log(`submit to shown by another browser: p50 ${Math.round(times[10])} ms, slowest ${Math.round(times[19])} ms (goal p50 60, on this machine as it is now)`)
})

/** Built where emscripten is installed (script/bootstrap --dev). */
const hasEngine = process.env.CANDOUR_APP !== undefined && readdirSync(join(process.env.CANDOUR_APP, 'assets')).some((name) => name.endsWith('.wasm'))
if (!hasEngine) console.log('SKIPPED: a check while writing: the app was built without its engine; script/bootstrap --dev installs emscripten')

if (hasEngine) await flow('a check while writing', async () => {
  const { page } = wendy
  const lead = page.locator('.precheck-lead', { hasText: 'likely to hold this' })
  const words = crude(0)
  await page.evaluate(() => {
    window.long = []
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' })
  })
  await page.fill('#composer', words)
  await lead.waitFor()
  const ready = await page.evaluate(() => performance.getEntriesByName('pre-check made ready')[0].duration)
  console.log(`at the first word: engine and rules fetched and made ready in ${Math.round(ready)} ms`)
  checks.equal('the words are marked', await page.locator('.precheck mark').first().innerText(), "women can't drive")
  checks.check('a standard is named', (await page.locator('.precheck').innerText()).includes('Standard'))
  await page.screenshot({ path: join(pictures, 'flow-precheck.png') })
  await page.fill('#composer', 'Van 0 needs a wash')
  await lead.waitFor({ state: 'detached' })
  const times = []
  for (let i = 0; i < 10; ++i) {
    await page.fill('#composer', '')
    await lead.waitFor({ state: 'detached' })
    times.push(await page.evaluate((last) => new Promise((shown) => {
      const began = performance.now()
      const watch = new MutationObserver(() => {
        if (document.querySelector('.precheck-lead b') === null) return
        watch.disconnect()
        shown(performance.now() - began)
      })
      watch.observe(document.querySelector('c-precheck'), { childList: true, subtree: true })
      const box = document.querySelector('#composer')
      box.value = last
      box.dispatchEvent(new Event('input', { bubbles: true }))
    }), words))
  }
  times.sort((a, b) => a - b)
  await page.fill('#composer', '')
  await page.type('#composer', words, { delay: 20 })
  await lead.waitFor()
  const long = await page.evaluate(() => window.long)
  console.log(`advice after the last letter: p50 ${Math.round(times[5])} ms, slowest ${Math.round(times[9])} ms, with the pause that is waited for (120); ` +
    `page held up for more than 50 ms ${long.length} times, at most ${Math.round(Math.max(0, ...long))} ms, on this machine as it is now`)
  checks.equal('nothing was sent', await page.locator('c-message', { hasText: 'van 0' }).count(), 0)
  await wendy.press('Ask a poll')
  await page.fill('#question', 'Who drives best?')
  await page.fill('#option-0', words)
  await page.locator('dialog .precheck-lead', { hasText: 'likely to hold this' }).waitFor()
  await page.keyboard.press('Escape')
  // Sent all the same: what the bot says is what counts.
  await page.press('#composer', 'Enter')
  await warningOf(wendy).waitFor()
  checks.equal('the advice is gone', await lead.count(), 0)
  await wendy.press('Withdraw')
  await warningOf(wendy).waitFor({ state: 'detached' })
})

await flow('no rules to check with while writing', async () => {
  const { page } = yara
  if (!hasEngine) {
    await page.fill('#composer', crude(9))
    await page.getByText('No check while you type').waitFor()
    return page.fill('#composer', '')
  }
  for (const [name, answer] of [['none', { status: 404, body: '' }], ['others', { status: 200, body: 'candour-pack/v1\n' }]]) {
    await page.route('**/policy/*.pack', (route) => route.fulfill(answer))
    await page.fill('#composer', crude(9))
    await page.getByText('No check while you type').waitFor()
    checks.equal(`${name}: no advice`, await page.locator('.precheck-lead b').count(), 0)
    await page.fill('#composer', `Tyres checked, ${name}.`)
    await page.press('#composer', 'Enter')
    await yara.delivered(`Tyres checked, ${name}.`)
    await page.unroute('**/policy/*.pack')
    await yara.reload()
  }
})

if (hasEngine) await flow('the rules change while somebody writes', async () => {
  await moreRules('0.5', `[[rule]]
id = "fitness.test"
category = "fitness"
severity = "warn"
message = "It speaks of a purple giraffe."
patterns = ['purple giraffe']
matches = ["a purple giraffe", "the purple giraffe is back", "my purple giraffe"]
passes = ["a giraffe", "purple", "the van is back", "a purple van", "a tall giraffe"]
`)
  const { page } = wendy
  const lead = page.locator('.precheck-lead', { hasText: 'The compliance bot' })
  const words = 'The purple giraffe has the keys.'
  const deadline = performance.now() + 60_000
  while ((await lead.count()) === 0 && performance.now() < deadline) {
    await page.fill('#composer', '')
    await page.fill('#composer', words)
    await page.waitForTimeout(500)
  }
  checks.equal('advice is by the version that the log proves now', await lead.count(), 1)
  await page.press('#composer', 'Enter')
  // The bot is still at the version before, and its verdict is what counts.
  await wendy.delivered(words)
})

await flow('a warning: edit', async () => {
  await wendy.write(crude(1))
  await warningOf(wendy).waitFor()
  checks.check('the words are marked', (await warningOf(wendy).locator('mark').count()) > 0)
  checks.check('a standard is named', (await warningOf(wendy).innerText()).includes('Standard'))
  await wendy.page.screenshot({ path: join(pictures, 'flow-warning.png') })
  await wendy.page.getByRole('button', { name: 'Edit', exact: true }).click()
  checks.equal('the text is back to edit', await wendy.page.inputValue('#composer'), crude(1))
  await wendy.write('Van 1 needs a wash.')
  await xavier.sees('Van 1 needs a wash.')
  await warningOf(wendy).waitFor({ state: 'detached' })
  checks.equal('nobody saw the first words', await xavier.message('keep them away from van 1').count(), 0)
})

await flow('a warning: withdraw', async () => {
  await wendy.write(crude(2))
  await warningOf(wendy).waitFor()
  await wendy.press('Withdraw')
  await warningOf(wendy).waitFor({ state: 'detached' })
  await wendy.gone('van 2')
})

await flow('a warning: this is wrong', async () => {
  await wendy.write(crude(3))
  await warningOf(wendy).waitFor()
  await wendy.press('This is wrong')
  await wendy.page.fill('#reason', 'It is a quotation from the complaint')
  await wendy.press('Tell the authors of the rules')
  await warningOf(wendy).getByText('You said that this warning is wrong.').waitFor()
  await wendy.press('Withdraw')
  await warningOf(wendy).waitFor({ state: 'detached' })
})

await flow('a warning: send anyway', async () => {
  await wendy.write(crude(4))
  await warningOf(wendy).waitFor()
  await wendy.press('Send anyway')
  checks.check('not without a reason', await wendy.page.getByRole('button', { name: 'Send it anyway' }).isDisabled())
  await wendy.page.fill('#reason', 'Quoted word for word for the statement')
  await wendy.press('Send it anyway')
  await xavier.sees('van 4')
  await wendy.message('van 4').getByText('sent past a warning').waitFor()
  checks.equal('sent once', (await history('ben')).filter((one) => one === crude(4)).length, 1)
})

if (hasEngine) await flow('a check while joining in', async () => {
  // Of others it has what was delivered: only the conversation makes these words a finding.
  await candour('ben', ['send', '--group', kTeam], 'hahaha')
  await yara.write('😂😂')
  const { page } = xavier
  await xavier.sees('hahaha')
  await xavier.sees('😂😂')
  const lead = page.locator('.precheck-lead', { hasText: 'likely to hold this' })
  await page.fill('#composer', 'so true')
  await lead.waitFor()
  await page.fill('#composer', '')
  await lead.waitFor({ state: 'detached' })
})

await flow('a block: appeal and approval', async () => {
  await wendy.write('Our CHIS is the barman at the Crown')
  await warningOf(wendy).getByText('This cannot be sent').waitFor()
  await wendy.press('Ask a supervisor')
  await wendy.page.fill('#reason', 'The name is public, from the trial')
  await wendy.press('Ask for it to be let through')
  await warningOf(wendy).getByText('Your supervisors have your request.').waitFor()
  const { page } = sergeant
  await page.locator('.tab', { hasText: 'Desk' }).click()
  await page.locator('.find').fill('barman')
  await page.locator('.alert-row').first().click()
  const detail = page.locator('c-alert')
  await detail.getByText('Our CHIS is the barman at the Crown').last().waitFor()
  checks.equal('an appeal is not closed', await detail.getByRole('button', { name: 'Close', exact: true }).count(), 0)
  await sergeant.press('Approve')
  await page.fill('#step-note', 'It was said in open court')
  await page.screenshot({ path: join(pictures, 'flow-appeal.png') })
  await page.locator('.step').getByRole('button', { name: 'Approve' }).click()
  await detail.locator('header .badge', { hasText: 'Closed' }).waitFor()
  await page.locator('.find').fill('')
  await warningOf(wendy).getByText('It was said in open court').waitFor()
  await wendy.press('Send as approved')
  await xavier.sees('Our CHIS is the barman')
  await warningOf(wendy).waitFor({ state: 'detached' })
})

await flow("a group of one's own", async () => {
  const { page } = sergeant
  await page.locator('.tab', { hasText: 'Chats' }).click()
  await sergeant.press('New group')
  await page.fill('#group-name', 'Late shift')
  await page.fill('#people', 'ash')
  await page.locator('.people .item', { hasText: 'Wendy Ash' }).click()
  await sergeant.press('Start the group')
  for (const one of [sergeant, wendy]) await one.page.locator('.group', { hasText: 'Late shift' }).waitFor()
  await page.locator('.requests').getByText('Done').waitFor()
  await page.locator('.group', { hasText: 'Late shift' }).click()
  await sergeant.press('Who is here')
  await sergeant.press('Rename')
  await page.fill('#group-name', 'Later shift')
  await page.locator('dialog').last().getByRole('button', { name: 'Rename' }).click()
  await wendy.page.locator('.group', { hasText: 'Later shift' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('Called “Late shift”').waitFor()
})

await flow("the supervisor's desk", async () => {
  const { page } = sergeant
  await page.locator('.tab', { hasText: 'Desk' }).click()
  const row = page.locator('.alert-row').first()
  await row.click()
  const detail = page.locator('c-alert')
  await detail.getByText('Quoted word for word for the statement').waitFor()
  checks.check('the excerpt is marked', (await detail.locator('mark').count()) > 0)
  const state = (name) => detail.locator('header .badge', { hasText: name }).waitFor()
  await sergeant.press('Acknowledge')
  await state('Acknowledged')
  await sergeant.press('Assign')
  await page.fill('#step-person', 'w-401')
  await page.locator('.step').getByRole('button', { name: 'Assign' }).click()
  await state('Assigned')
  await sergeant.press('Escalate')
  await page.fill('#step-note', 'Second time this week')
  await page.locator('.step').getByRole('button', { name: 'Escalate' }).click()
  await state('Escalated')
  await page.screenshot({ path: join(pictures, 'flow-desk.png') })
  await detail.getByRole('button', { name: 'Close', exact: true }).click()
  await page.selectOption('#step-outcome', 'advice-given')
  await page.fill('#step-note', 'Spoke with the officer on shift')
  await page.locator('.step').getByRole('button', { name: 'Close' }).click()
  await state('Closed')
  const seen = await candour('grace', ['alerts', '--all']).catch(() => candour('grace', ['alerts']))
  checks.check('the terminal of another supervisor agrees', JSON.stringify(seen).includes('closed'), JSON.stringify(seen).slice(0, 400))
})

await flow('speaking up', async () => {
  await xavier.menu('van 4', 'Speak up about this')
  await xavier.page.fill('#report-reason', 'This keeps happening in our team')
  await xavier.press('Look it over')
  checks.check('who sees it is said', (await xavier.page.locator('dialog').innerText()).includes('Professional standards'))
  await xavier.press('Send to professional standards')
  await xavier.page.locator('dialog').waitFor({ state: 'detached' })
  await xavier.page.waitForTimeout(1_000)
  checks.equal('the group sees nothing of it', await wendy.message('keeps happening').count(), 0)
})

await flow('the proof of a message', async () => {
  await wendy.menu('Van 1 needs a wash', 'Show the proof')
  await wendy.page.locator('.checks .good').nth(2).waitFor()
  checks.equal('in the log, witnessed, with the receipt', await wendy.page.locator('.checks .good').count(), 3)
  await wendy.page.screenshot({ path: join(pictures, 'flow-proof.png') })
  await wendy.page.keyboard.press('Escape')
})

await flow('offline and back', async () => {
  if (hasEngine) await yara.reload()
  await relay.stop()
  await wendy.page.getByText('Offline.').or(wendy.page.getByText('Connecting')).first().waitFor()
  await wendy.write('Written in the tunnel.')
  await wendy.message('Written in the tunnel.').getByText('Waiting to be sent').waitFor()
  const { page } = yara
  if (hasEngine) {
    // The first word of this page is written with no way to fetch the engine.
    await page.route('**/*.wasm', (route) => route.abort())
    await page.fill('#composer', crude(8))
    await page.getByText('No check while you type').waitFor()
    await page.unroute('**/*.wasm')
  }
  await relay.start()
  await wendy.delivered('Written in the tunnel.')
  await yara.sees('Written in the tunnel.')
  if (!hasEngine) return
  await page.fill('#composer', `${crude(8)}!`)
  await page.locator('.precheck-lead', { hasText: 'likely to hold this' }).waitFor()
  await page.fill('#composer', '')
})

await flow('the bot is away and comes back', async () => {
  await bot.stop()
  await wendy.page.getByText('Waiting for the compliance check.').waitFor()
  await wendy.write('Held until checked.')
  await wendy.message('Held until checked.').getByText('Waiting for the check').waitFor()
  checks.equal('nobody gets it unchecked', await yara.message('Held until checked.').count(), 0)
  await bot.start()
  await wendy.delivered('Held until checked.')
  await yara.sees('Held until checked.')
})

await flow('a reload in the middle of sending', async () => {
  for (let i = 0; i < 4; ++i) {
    await wendy.page.fill('#composer', `Sent while leaving ${i}.`)
    await wendy.page.press('#composer', 'Enter')
    await wendy.message(`Sent while leaving ${i}.`).waitFor()
    await wendy.page.waitForTimeout(i * 15)
    await wendy.reload()
    await wendy.delivered(`Sent while leaving ${i}.`)
    await yara.sees(`Sent while leaving ${i}.`)
    checks.equal('shown once to others', await yara.message(`Sent while leaving ${i}.`).count(), 1)
    checks.equal('shown once to its sender', await wendy.message(`Sent while leaving ${i}.`).count(), 1)
  }
  await wendy.page.fill('#composer', 'Half a thou')
  await wendy.page.waitForTimeout(1_000)
  await wendy.reload()
  await wendy.page.waitForFunction(() => document.querySelector('#composer').value === 'Half a thou')
  await wendy.page.fill('#composer', '')
})

await flow('another device by its code', async () => {
  await wendy.page.locator('.tab', { hasText: 'Settings' }).click()
  await wendy.press('Show the code')
  await wendy.page.locator('.code path').waitFor()
  await wendy.context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await wendy.press('Copy the link')
  const link = await wendy.page.evaluate(() => navigator.clipboard.readText())
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  const page = await watched(context, complaints)
  await page.goto(link)
  await page.getByText('PC Wendy Ash').waitFor()
  checks.equal('the address keeps nothing', new URL(page.url()).hash, '')
  await context.close()
  await wendy.page.locator('.tab', { hasText: 'Chats' }).click()
  await wendy.open()
})

await flow('a second tab', async () => {
  const second = await watched(wendy.context, complaints)
  await second.goto(kSite)
  await second.getByText('Candour is open in another tab').waitFor()
  await wendy.write('Still here.')
  await wendy.delivered('Still here.')
  await wendy.page.close()
  await second.locator('#passphrase').waitFor()
  wendy.page = second
  second.setDefaultTimeout(60_000)
  await wendy.unlock()
  await wendy.open()
  await wendy.sees('Still here.')
  await wendy.write('And in the other tab.')
  await xavier.sees('And in the other tab.')
})

await flow('lock and the wrong passphrase', async () => {
  await wendy.press('Lock now')
  await wendy.page.fill('#passphrase', 'not the passphrase at all')
  await wendy.press('Unlock')
  await wendy.page.getByText('That passphrase does not open this device.').waitFor()
  checks.equal('nothing of a group is on the page', await wendy.page.locator('c-message, .group').count(), 0)
  await wendy.unlock()
  await wendy.open()
})

await flow('search on the device', async () => {
  await wendy.page.locator('.tab', { hasText: 'Search' }).click()
  await wendy.page.fill('#search', 'SECOND hook')
  await wendy.page.locator('.result', { hasText: 'second hook' }).first().click()
  await wendy.sees('second hook')
})

await flow('accessible with real content', async () => {
  for (const [size, viewport] of [['phone', kPhone], ['desktop', { width: 1280, height: 800 }]]) {
    await wendy.page.setViewportSize(viewport)
    await wendy.page.screenshot({ path: join(pictures, `flow-conversation-${size}.png`) })
    const { violations } = await new AxeBuilder({ page: wendy.page }).analyze()
    const serious = violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
    checks.check(`axe ${size}`, serious.length === 0, serious.map((one) => `${one.id} ${one.nodes[0].html.slice(0, 120)}`).join('; '))
  }
})

await flow('revoked while connected', async () => {
  await revoke(yara.device)
  await yara.page.getByText('The server does not accept this device.').waitFor()
  await wendy.write('Without the lost device.')
  await wendy.delivered('Without the lost device.')
  await yara.page.waitForTimeout(500)
  checks.equal('it gets nothing more', await yara.message('Without the lost device.').count(), 0)
})

// The connection goes on purpose several times: the browser says so, and that is all it may say.
const expected = /WebSocket connection to|net::ERR_CONNECTION_REFUSED|status of 404 \(.*\/policy\/[0-9a-f]{64}\.pack/
const unexpected = [...new Set(complaints.filter((one) => !expected.test(one)))]
checks.check('the browser had nothing to complain about', unexpected.length === 0, unexpected.join('\n        '))
await browser.close()
relay.end()
bot.end()
process.exit(checks.end())
