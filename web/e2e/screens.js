// Goal: every screen is accessible, legible in light and dark from 360 px on, works by keyboard
// alone, shows hostile text as text, and stays quick with 5,000 messages. Method: the app's screens
// on made data (specimen.ts) in Chromium, under the relay's content security policy; axe on each;
// a picture of each is kept.
// Usage: node screens.js SPECIMEN_FOLDER PICTURE_FOLDER [NAMES]     NAMES: a pattern, only these
import { AxeBuilder } from '@axe-core/playwright'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { kDesktop, kPhone, launch, watched } from './browser.js'
import { Checks } from './check.js'
import { serve } from './static.js'

const [specimen, pictures, names = ''] = process.argv.slice(2)
mkdirSync(pictures, { recursive: true })
const checks = new Checks()
const site = await serve(specimen)
const browser = await launch()
const complaints = []

const group = (name) => (page) => page.locator('.group', { hasText: name }).first().click()
const tab = (name) => (page) => page.locator('.tab', { hasText: name }).click()
const message = (page, words) => page.locator('c-message', { hasText: words })
const menuOf = async (page, words) => {
  const line = message(page, words)
  await line.focus()
  await line.locator('.menu').click()
}

/** Screen by name: what the address says, and how one gets there. */
const kScreens = {
  enrol: ['phase=empty', async (page) => page.waitForSelector('.fingerprint')],
  request: ['phase=requested', async () => {}],
  locked: ['phase=locked', async () => {}],
  elsewhere: ['phase=elsewhere', async () => {}],
  groups: ['', async () => {}],
  conversation: ['', group('Team A')],
  notice: ['notice', group('Team A')],
  warning: ['warned', group('Team A')],
  override: ['warned', async (page) => {
    await group('Team A')(page)
    await page.getByRole('button', { name: 'Send anyway' }).click()
    await page.fill('#reason', 'Quoted for the statement')
  }],
  blocked: ['blocked&waiting', group('Team A')],
  precheck: ['', async (page) => {
    await group('Team A')(page)
    await page.fill('#composer', 'Typical of that lot on the estate, they all breed like rats. Someone should sort them out.')
    await page.locator('.precheck-lead', { hasText: 'likely to hold this' }).waitFor()
  }],
  unchecked: ['unchecked', async (page) => {
    await group('Team A')(page)
    await page.fill('#composer', 'Keys are on the hook')
    await page.getByText('No check while you type').waitFor()
  }],
  appeal: ['blocked', async (page) => {
    await group('Team A')(page)
    await page.getByRole('button', { name: 'Ask a supervisor' }).click()
    await page.fill('#reason', 'It is a quotation')
  }],
  appealed: ['appeal=received', group('Team A')],
  approved: ['appeal=approved', group('Team A')],
  refused: ['appeal=refused', group('Team A')],
  requests: ['requests', async () => {}],
  'new group': ['', async (page) => {
    await page.getByRole('button', { name: 'New group' }).click()
    await page.locator('.people .item', { hasText: 'Ben Okafor' }).click()
    await page.fill('#group-name', 'Late shift')
  }],
  renamed: ['', group('Kestrel')],
  owner: ['requests', async (page) => {
    await group('Team A')(page)
    await page.locator('.conversation-bar button').last().click()
    await page.locator('.member', { hasText: 'Ben Okafor' }).locator('summary').click()
  }],
  'add people': ['', async (page) => {
    await group('Team A')(page)
    await page.locator('.conversation-bar button').last().click()
    await page.getByRole('button', { name: 'Add people' }).click()
  }],
  leave: ['', async (page) => {
    await group('Team A')(page)
    await page.locator('.conversation-bar button').last().click()
    await page.getByRole('button', { name: 'Leave the group' }).click()
  }],
  offline: ['offline', group('Kestrel')],
  hostile: ['', group('Night')],
  stopped: ['', group('Custody')],
  roster: ['', async (page) => {
    await group('Team A')(page)
    await page.locator('.conversation-bar button').last().click()
    await page.locator('.member summary').first().click()
  }],
  actions: ['', async (page) => {
    await group('Team A')(page)
    await menuOf(page, 'bring the keys')
  }],
  report: ['', async (page) => {
    await group('Team A')(page)
    await menuOf(page, 'room 2')
    await page.getByRole('button', { name: 'Speak up about this' }).click()
    const quotes = await page.locator('dialog .quote').allInnerTexts()
    checks.check('what is reported is what was released', quotes[0].includes('17:00, room 1'))
    checks.check('the change stands beside it', quotes[1]?.includes('17:30, room 2'))
    await page.fill('#report-reason', 'This has happened before')
    await page.getByRole('button', { name: 'Look it over' }).click()
  }],
  proof: ['', async (page) => {
    await group('Team A')(page)
    await menuOf(page, 'in my locker')
    await page.getByRole('button', { name: 'Show the proof' }).click()
    await page.waitForSelector('.checks')
  }],
  'proof without a receipt': ['unreceipted', async (page) => {
    await group('Team A')(page)
    await menuOf(page, 'in my locker')
    await page.getByRole('button', { name: 'Show the proof' }).click()
    await page.locator('.checks .unsure', { hasText: 'has not come yet' }).waitFor()
  }],
  poll: ['', async (page) => {
    await group('Team A')(page)
    await page.getByRole('button', { name: 'Ask a poll' }).click()
  }],
  desk: ['', tab('Desk')],
  'a report at the desk': ['', async (page) => {
    await tab('Desk')(page)
    await page.locator('.alert-row', { hasText: 'reported' }).click()
    await page.locator('.checks').first().scrollIntoViewIfNeeded()
  }],
  context: ['', async (page) => {
    await tab('Desk')(page)
    await page.locator('.alert-row', { hasText: 'reported' }).click()
    await page.getByRole('button', { name: 'Context by a warrant' }).click()
    await page.waitForSelector('.draft')
  }],
  'another device': ['', async (page) => {
    await tab('Settings')(page)
    await page.getByRole('button', { name: 'Show the code' }).click()
    await page.locator('.code').scrollIntoViewIfNeeded()
  }],
  record: ['', async (page) => {
    await tab('Settings')(page)
    await page.getByRole('button', { name: 'Show my record' }).click()
    await page.getByRole('button', { name: 'Save all of it' }).scrollIntoViewIfNeeded()
  }],
  'appeal at the desk': ['', async (page) => {
    await tab('Desk')(page)
    await page.locator('.alert-row', { hasText: 'operational security' }).click()
    await page.getByRole('button', { name: 'Refuse' }).click()
  }],
  alert: ['', async (page) => {
    await tab('Desk')(page)
    await page.locator('.alert-row', { hasText: 'Assigned' }).click()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
  }],
  search: ['', async (page) => {
    await tab('Search')(page)
    await page.fill('#search', 'keys')
    await page.waitForSelector('.result')
  }],
  alarms: ['', tab('Alarms')],
  settings: ['', tab('Settings')],
}

async function open(hash, viewport, colorScheme) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' })
  const page = await watched(context, complaints)
  await page.goto(`${site.address}/specimen.html#${hash}`)
  await page.waitForSelector('c-app')
  return { context, page }
}

async function examine(page, where) {
  const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze()
  const serious = found.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
  checks.check(`axe ${where}`, serious.length === 0,
    serious.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' ' + (node.any[0]?.message ?? '')).join(' | ')}`).join('\n        '))
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  checks.check(`${where} fits its width`, wide <= 0, `${wide} px too wide`)
  // Targets of at least 24 px (WCAG 2.5.8), but for links in a sentence.
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, textarea, summary')]
      .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.classList.contains('spoken'))
      .map((one) => ({ box: one.getBoundingClientRect(), name: one.outerHTML.slice(0, 80) }))
      .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
      .map(({ box, name }) => `${Math.round(box.width)}x${Math.round(box.height)} ${name}`))
  checks.check(`${where} has no small targets`, small.length === 0, small.join('\n        '))
}

for (const [name, [hash, reach]] of Object.entries(kScreens).filter(([name]) => new RegExp(names).test(name))) {
  await checks.scenario(name, async () => {
    const { context, page } = await open(hash, kPhone, 'light')
    page.setDefaultTimeout(20_000)
    await reach(page)
    for (const [size, viewport] of [['phone', kPhone], ['desktop', kDesktop]]) {
      await page.setViewportSize(viewport)
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme })
        await page.waitForTimeout(50)
        await page.screenshot({ path: join(pictures, `${name.replaceAll(' ', '-')}-${size}-${colorScheme}.png`) })
        // Layout and theme do not depend on each other: two of the four are examined.
        if ((size === 'phone') === (colorScheme === 'light')) await examine(page, `${name} ${size} ${colorScheme}`)
      }
    }
    await context.close()
  })
}

await checks.scenario('hostile text is text', async () => {
  const { context, page } = await open('', kDesktop, 'light')
  await group('Night')(page)
  await message(page, 'Reads backwards').waitFor()
  for (const trap of ['c-message img', 'c-message script', '.group img', '.group b b']) {
    checks.equal(`no ${trap}`, await page.locator(trap).count(), 0)
  }
  const shown = await message(page, 'Reads backwards').innerText()
  for (const hidden of ['\u202E', '\u202C', '\u200B']) checks.check('hidden characters are gone', !shown.includes(hidden), JSON.stringify(shown))
  checks.check('and marked', shown.includes('U+202E') && shown.includes('U+200B'), shown)
  checks.check('a name cannot run over the text', (await page.locator('.who').first().innerText()).includes('U+202E'))
  checks.equal('the title says nothing', await page.title(), 'Candour')
  checks.check('nor does the address', !(await page.url()).includes('g-3'))
  await context.close()
})

await checks.scenario('five thousand messages', async () => {
  const { context, page } = await open('plain', kDesktop, 'light')
  const opened = await page.evaluate(async () => {
    const row = [...document.querySelectorAll('.group')].find((one) => one.textContent.includes('Kestrel'))
    const started = performance.now()
    row.click()
    while (document.querySelectorAll('c-message').length === 0) await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    return performance.now() - started
  })
  console.log(`opening a group of 5,000 messages: ${Math.round(opened)} ms (goal 200, on this machine as it is now)`)
  await message(page, '(5000)').waitFor()
  const atEnd = () => page.evaluate(() => { const box = document.querySelector('.messages'); return box.scrollHeight - box.scrollTop - box.clientHeight })
  await page.waitForTimeout(200)
  checks.check('it opens at the newest', (await atEnd()) < 4, String(await atEnd()))
  for (let page_ = 0; page_ < 12; ++page_) {
    await page.evaluate(() => { document.querySelector('.messages').scrollTop = 0 })
    await page.waitForTimeout(60)
  }
  const count = await page.locator('c-message').count()
  checks.check('older pages come as one scrolls', count >= 300, String(count))
  const first = await page.evaluate(() => document.querySelector('.messages').scrollTop)
  checks.check('and what was read stays in view', first > 0, String(first))
  await page.getByRole('button', { name: 'Newest messages' }).click()
  await page.waitForTimeout(300)
  checks.check('one press leads back to the newest', (await atEnd()) < 4, String(await atEnd()))
  const drawn = await page.locator('c-message').count()
  checks.check('and lets go of what is far above', drawn <= 120, String(drawn))
  const slowest = await page.evaluate(async () => {
    const { specimen } = window
    const box = document.querySelector('#composer')
    let worst = 0
    for (let i = 0; i < 30; ++i) {
      const started = performance.now()
      box.value += 'x'
      box.dispatchEvent(new Event('input', { bubbles: true }))
      const line = { ...specimen.lines.get('g-2')[4999], id: `new-${i}`, seq: 5001 + i, own: false }
      specimen.tell({ type: 'messages', group: 'g-2', changed: [line], removed: [] })
      await new Promise((drawn) => setTimeout(drawn))
      worst = Math.max(worst, performance.now() - started)
      await new Promise(requestAnimationFrame)
    }
    return worst
  })
  console.log(`slowest key with a message arriving and ${drawn} lines drawn: ${Math.round(slowest)} ms (goal 50, on this machine as it is now)`)
  await context.close()
})

await checks.scenario('by keyboard alone', async () => {
  const { context, page } = await open('warned', kDesktop, 'light')
  const focused = () => page.evaluate(() => document.activeElement?.className + ' ' + (document.activeElement?.textContent ?? '').trim().slice(0, 40))
  await page.keyboard.press('Tab')
  checks.check('the first stop skips to the messages', (await focused()).includes('Skip to messages'), await focused())
  await page.locator('.group').first().focus()
  await page.keyboard.press('Enter')
  await page.waitForSelector('c-message')
  await page.waitForTimeout(100)
  checks.equal('focus is where one writes', await page.evaluate(() => document.activeElement?.id), 'composer')
  await page.locator('c-message[tabindex="0"]').focus()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowUp')
  const line = await focused()
  checks.check('arrows walk over the messages', line.includes('On my way'), line)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  // The page draws a moment after the key.
  const comes = (state) => page.locator('dialog').waitFor({ state, timeout: 2_000 }).then(() => true, () => false)
  checks.check('a message has a menu', await comes('visible'))
  await page.keyboard.press('Escape')
  checks.check('Escape closes it', await comes('detached'))
  checks.check('and the focus is back', (await focused()).includes('menu'), await focused())
  await page.getByRole('button', { name: 'Edit', exact: true }).focus()
  await page.keyboard.press('Enter')
  checks.check('the withheld text is back to edit', (await page.inputValue('#composer')).startsWith('Typical of that lot'))
  await page.getByRole('button', { name: 'Send anyway' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForTimeout(50)
  await page.keyboard.type('short')
  checks.check('a short reason does not do', await page.getByRole('button', { name: 'Send it anyway' }).isDisabled())
  await page.keyboard.type(' but now long enough')
  checks.check('a longer one does', await page.getByRole('button', { name: 'Send it anyway' }).isEnabled())
  await context.close()
})

await checks.scenario('notifications say nothing', async () => {
  const { context, page } = await open('plain', kDesktop, 'light')
  const said = await page.evaluate(() => {
    const shown = []
    window.Notification = class {
      static permission = 'granted'
      constructor(title, options) {
        shown.push(JSON.stringify({ title, ...options }))
      }
    }
    const arrive = () => window.specimen.tell({ type: 'arrived', group: 'g-1', mentionsMe: true })
    arrive()
    localStorage.setItem('candour.notify', 'yes')
    arrive()
    Object.defineProperty(document, 'hidden', { value: true })
    arrive()
    return shown
  })
  checks.equal('one, once it is wanted and nobody looks', said.length, 1)
  checks.check('with the group and nothing else', said[0]?.includes('You are mentioned in Team A') && !said[0].includes('Greetings'), said[0])
  await context.close()
})

await checks.scenario('what screen readers are told', async () => {
  const { context, page } = await open('plain', kDesktop, 'light')
  await group('Team A')(page)
  await message(page, 'ring road').waitFor()
  const spoken = page.locator('c-app > [aria-live]')
  await page.evaluate(() => {
    const { specimen } = window
    const line = { ...specimen.lines.get('g-1')[3], id: 'new-1', seq: 99, text: 'Fresh words', name: 'PC Ben Okafor' }
    specimen.tell({ type: 'messages', group: 'g-1', changed: [line], removed: [] })
  })
  checks.check('a new message is read out', (await spoken.innerText()).includes('PC Ben Okafor: Fresh words'), await spoken.innerText())
  await page.evaluate(() => {
    const { specimen } = window
    const own = specimen.lines.get('g-1').find((one) => one.state === 'checking')
    specimen.tell({ type: 'messages', group: 'g-1', changed: [{ ...own, state: 'warned', warning: { block: false, findings: [], issued: 0, expires: 9e12, disputed: false } }], removed: [] })
  })
  checks.check('and so is a warning', (await spoken.innerText()).includes('was not sent'), await spoken.innerText())
  for (const landmark of ['navigation', 'main']) checks.equal(`one ${landmark}`, await page.getByRole(landmark).count(), 1)
  await context.close()
})

checks.check('the browser had nothing to complain about', complaints.length === 0, [...new Set(complaints)].join('\n        '))
await browser.close()
site.close()
process.exit(checks.end())
