// Line icons on a grid of 24, drawn here. Always beside a label or with one of their own.
import { svg, html, type TemplateResult } from 'lit'

const kPaths = {
  chats: svg`<path d="M4 5h16v11H9l-5 4z"/>`,
  desk: svg`<path d="M4 4h16v6H4zM4 14h16v6H4zM8 7h4M8 17h4"/>`,
  search: svg`<circle cx="11" cy="11" r="6"/><path d="m20 20-4.5-4.5"/>`,
  alarms: svg`<path d="M12 4 3 19h18zM12 10v4M12 16.5v.5"/>`,
  settings: svg`<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"/>`,
  lock: svg`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
  shield: svg`<path d="M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6z"/><path d="m9 12 2 2 4-4"/>`,
  back: svg`<path d="m14 6-6 6 6 6"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  send: svg`<path d="M4 12 20 5l-5 15-3-6z"/>`,
  more: svg`<circle cx="5" cy="12" r=".8"/><circle cx="12" cy="12" r=".8"/><circle cx="19" cy="12" r=".8"/>`,
  people: svg`<circle cx="9" cy="8" r="3.5"/><path d="M3 20c0-4 3-6 6-6s6 2 6 6M16 5a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .8 3 2.8 3 5.5"/>`,
  poll: svg`<path d="M5 20V10M12 20V4M19 20v-7"/>`,
  check: svg`<path d="m5 12 5 5 9-10"/>`,
  clock: svg`<circle cx="12" cy="12" r="8"/><path d="M12 8v4l3 2"/>`,
  warn: svg`<path d="M12 4 3 19h18zM12 10v4M12 16.5v.5"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  down: svg`<path d="m6 9 6 6 6-6"/>`,
  proof: svg`<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 13l2 2 4-4"/>`,
  voice: svg`<path d="M4 10v4h4l5 4V6l-5 4zM17 9a4 4 0 0 1 0 6"/>`,
} as const

export type IconName = keyof typeof kPaths

export const icon = (name: IconName): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${kPaths[name]}</svg>`
