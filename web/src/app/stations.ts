/** The stations of a session, in their order; each is a view at /sessions/<id>/<name>. */
export const stations: readonly Station[] = [
  'upload',
  'data',
  'windows',
  'datasets',
  'train',
  'live',
  'results',
  'models',
  'predict',
]

export type Station = 'upload' | 'data' | 'windows' | 'datasets' | 'train' | 'live' | 'results' | 'models' | 'predict'
