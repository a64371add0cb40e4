/** Jeder Text der Seite auf Deutsch. */
import type { Texts } from '../en'
import { datasets } from './datasets'
import { frame } from './frame'
import { results } from './results'
import { sessions } from './sessions'
import { signin } from './signin'
import { upload } from './upload'
import { windows } from './windows'

export const de: Texts = { datasets, frame, results, sessions, signin, upload, windows }
