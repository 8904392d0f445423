// The base of every component: drawn into the page itself (one style sheet, labels that reach
// across components), and again whenever the store changes.
import { LitElement } from 'lit'
import type { Store } from './store.ts'

let shared: Store | null = null
/** Before the first component is made. */
export const useStore = (store: Store): void => {
  shared = store
}

export abstract class View extends LitElement {
  private readonly redraw = (): void => this.requestUpdate()

  /** Whether to draw again at every change of the store. */
  protected readonly follows: boolean = true

  protected get store(): Store {
    if (shared === null) throw new Error('no store yet')
    return shared
  }
  protected override createRenderRoot(): HTMLElement {
    return this
  }
  override connectedCallback(): void {
    super.connectedCallback()
    if (this.follows) this.store.addEventListener('change', this.redraw)
  }
  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.store.removeEventListener('change', this.redraw)
  }
  protected find<T extends HTMLElement>(selector: string): T | null {
    return this.querySelector<T>(selector)
  }
}
