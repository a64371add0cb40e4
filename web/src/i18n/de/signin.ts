/** Texte der Anmeldung. */
import type { Texts } from '../en'

export const signin: Texts['signin'] = {
  claim: 'Von der CSV-Datei zur verlässlichen Prognose',
  claimText:
    'Messwerte hochladen, ansehen, mehrere Modelle zugleich trainieren und ehrlich sehen, welches besser ist als die einfachste Annahme.',
  signIn: 'Anmelden',
  signUp: 'Konto anlegen',
  email: 'E-Mail',
  password: 'Passwort',
  passwordHint: 'Mindestens zehn Zeichen.',
  noAccount: 'Neu hier? Konto anlegen',
  haveAccount: 'Ich habe ein Konto',
  closed: 'Dieser Server nimmt keine neuen Konten an. Fragen Sie den Betreiber nach einem Konto.',
}
