/** Jeder Text der Seite auf Deutsch. */
import type { Texts } from '../en'
import { account } from './account'
import { data } from './data'
import { datasets } from './datasets'
import { frame } from './frame'
import { jobs } from './jobs'
import { live } from './live'
import { models } from './models'
import { predict } from './predict'
import { previewNote } from './previewNotes'
import { refusal } from './refusals'
import { results } from './results'
import { sessions } from './sessions'
import { sharing } from './sharing'
import { signin } from './signin'
import { train } from './train'
import { upload } from './upload'
import { windows } from './windows'

export const de: Texts = {
  account,
  data,
  datasets,
  frame,
  jobs,
  live,
  models,
  predict,
  previewNote,
  refusal,
  results,
  sessions,
  sharing,
  signin,
  train,
  upload,
  windows,
}
