/** Every text of the page in English; the German catalogue has the same shape. */
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

export const en = {
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

/** A catalogue: texts, and functions that make texts. */
export type Like<T> = T extends string
  ? string
  : T extends (...given: infer G) => infer R
    ? (...given: G) => R extends string ? string : R
    : { [K in keyof T]: Like<T[K]> }
export type Texts = Like<typeof en>
