/** What every test of a component starts from: an English page, and nothing left of the test before. */
import { cleanup } from '@testing-library/react'
import { afterEach, beforeEach } from 'vitest'

// jsdom has no screen
Object.defineProperty(window, 'matchMedia', {
  value: (media: string) => Object.assign(new EventTarget(), { media, matches: false }),
})

beforeEach(() => localStorage.setItem('trainyard.language', 'en'))
afterEach(() => {
  cleanup()
  localStorage.clear()
})
