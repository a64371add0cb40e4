/** Wie die einfachen Vergleichsprognosen heißen, die der Server englisch nennt. */
const NAMES: Readonly<Record<string, string>> = {
  'last value': 'letzter Wert',
  'mean of the last day': 'Mittelwert des letzten Tages',
  'seasonal naive (day)': 'saisonal naiv (Tag)',
  'seasonal naive (week)': 'saisonal naiv (Woche)',
}

export function simple(name: string): string {
  return NAMES[name] ?? name
}
