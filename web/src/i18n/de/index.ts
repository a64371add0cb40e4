/** Jeder Text der Seite auf Deutsch. */
import type { Texts } from '../en'
import { frame } from './frame'
import { signin } from './signin'

export const de: Texts = { frame, signin }
