// A dialog over the page: the browser's own, which keeps the focus inside, closes on Escape and
// gives the focus back.
import { html, nothing, render, type TemplateResult } from 'lit'
import { text } from '../text/en.ts'
import { icon } from './icons.ts'

export interface Dialog {
  /** Draws the content again. */
  redraw(): void
  close(): void
}

let made = 0

/**
 * `content` is drawn at once and at every `redraw`, and at every change of what it `follows`. With
 * `sheet` it stands at the side.
 */
export function openDialog(
  title: string | TemplateResult,
  content: (close: () => void, dialog: Dialog) => TemplateResult,
  options: { sheet?: boolean; follows?: EventTarget } = {},
): Dialog {
  const element = document.createElement('dialog')
  const id = `dialog-${++made}`
  element.className = options.sheet === true ? 'sheet' : ''
  element.setAttribute('aria-labelledby', id)
  const dialog: Dialog = { redraw, close: () => element.close() }
  function redraw(): void {
    render(
      html`<header class="row">
          <h2 id=${id}>${title}</h2><span class="grow"></span>
          <button class="quiet" aria-label=${text.close} @click=${dialog.close}>${icon('close')}</button>
        </header>
        <div class="dialog-body">${content(dialog.close, dialog) ?? nothing}</div>`,
      element,
    )
  }
  document.body.append(element)
  redraw()
  options.follows?.addEventListener('change', redraw)
  element.addEventListener('close', () => {
    options.follows?.removeEventListener('change', redraw)
    element.remove()
  })
  // A press on what is behind closes too.
  element.addEventListener('pointerdown', (event) => {
    if (event.target === element) element.close()
  })
  element.showModal()
  return dialog
}

/** Closes whatever stands over the page: nothing of it is seen once the device is locked. */
export function closeDialogs(): void {
  for (const element of document.querySelectorAll('dialog[open]')) (element as HTMLDialogElement).close()
}
