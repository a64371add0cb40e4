/** Texts of the view Datasets. */
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const PARTS: Record<string, string> = { train: 'Training', validation: 'Validation', test: 'Test' }
const CALENDAR: Record<string, string> = {
  Y_sin: 'Year, sine',
  Y_cos: 'Year, cosine',
  M_sin: 'Month, sine',
  M_cos: 'Month, cosine',
  W_sin: 'Week, sine',
  W_cos: 'Week, cosine',
  D_sin: 'Day, sine',
  D_cos: 'Day, cosine',
  H: 'Holidays',
  H_bruecke: 'Bridge days',
  H_ferien: 'School holidays',
}

export const datasets = {
  title: 'Datasets',
  notYet: 'The windows are not complete yet',
  notYetText: 'It takes at least one file as input and one as output, with their hours and the time steps.',
  toWindows: 'Set the windows',
  build: 'Build the datasets',
  buildNow: 'Build now',
  building: 'Building…',
  built: (count: string) => `${count} samples were built`,
  stillWorking: 'The server still builds; the pictures come by themselves when you look again',
  builtBefore: (count: string) => `Built before: ${count} samples.`,
  neverBuilt: 'Not built yet; the violins below are counted from the files as they are.',
  toTrain: 'To the training',
  by: 'How the values are grouped',
  ways: { all: 'All together', split: 'By part of the split', hour: 'By hour', weekday: 'By weekday' },
  share: (part: string) => `${part} [%]`,
  addUp: 'The three must add up to 100',
  from: (used: string, all: string) => `From ${used} of ${all} samples, in the units of the files.`,
  clock: (zone: string) => `Hours and days on the clock of ${zone}.`,
  group: (by: string, name: string) =>
    by === 'weekday'
      ? (WEEKDAYS[Number(name)] ?? name)
      : by === 'split'
        ? (PARTS[name] ?? name)
        : by === 'all'
          ? 'All'
          : name,
  roles: { input: 'input', lag: 'lag', calendar: 'calendar', output: 'output' },
  /** A column of the calendar, which the server calls D_sin. */
  calendar: (name: string) => CALENDAR[name] ?? name,
  violinsOf: (name: string) => `Distribution of ${name}`,
  pointAt: 'Point at a violin to read its quantiles.',
  told: (median: string, half: string, most: string) => `median ${median} · half within ${half} · 90% within ${most}`,
  numbers: 'Numbers',
  groupHead: 'Group',
  count: 'Values',
  mean: 'Mean',
  deviation: 'Deviation',
  files: (name: string) => `Download ${name}`,
  svg: 'This picture as SVG',
  png: 'This picture as PNG',
  csv: 'Numbers as CSV',
  serverPng: 'Picture of the server, all samples (PNG)',
}
