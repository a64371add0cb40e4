/** Was der Server ablehnt, nach seinem Code; wovon hier nichts steht, das sagt er mit seinen eigenen Worten. */
import type { RefusalDetails, RefusalWords } from '../en/refusals'

type Words = readonly [message: string, suggestion?: string]

const WORDS: Readonly<Record<string, Words>> = {
  WRONG_CREDENTIALS: [
    'E-Mail-Adresse oder Passwort stimmt nicht.',
    'Ist die Feststelltaste an? Wer noch kein Konto hat, legt eines an.',
  ],
  WEAK_PASSWORD: [
    'Das Passwort hat weniger als 10 Zeichen oder ist zu leicht zu erraten.',
    'Mehrere seltene Wörter hintereinander sind leicht zu merken und schwer zu erraten.',
  ],
  WRONG_PASSWORD: ['Das ist nicht das jetzige Passwort.'],
  EMAIL_TAKEN: ['Für diese Adresse gibt es schon ein Konto.', 'Melden Sie sich an, oder nehmen Sie eine andere.'],
  INVALID_EMAIL: ['Das ist keine E-Mail-Adresse.', 'Eine Adresse sieht aus wie name@example.org.'],
  EMAIL_NOT_CONFIRMED: ['Die Adresse ist noch nicht bestätigt.', 'Öffnen Sie den Link in der E-Mail.'],
  TOO_MANY_ATTEMPTS: ['Zu viele Versuche.', 'Versuchen Sie es in einigen Minuten noch einmal.'],
  RATE_LIMITED: ['Zu viele Anfragen in kurzer Zeit.', 'Warten Sie einen Augenblick.'],
  SIGN_UP_CLOSED: ['Dieser Server nimmt keine neuen Konten an.', 'Bitten Sie seinen Betreiber um eines.'],
  ACCOUNT_BLOCKED: ['Dieses Konto ist gesperrt.', 'Fragen Sie den Betreiber des Servers.'],
  SIGNED_OUT: ['Diese Anmeldung ist beendet.', 'Melden Sie sich noch einmal an.'],
  SESSION_READ_ONLY: ['Diese Sitzung dürfen Sie ansehen, aber nicht ändern.', 'Fragen Sie, wem sie gehört.'],
  SESSION_NOT_YOURS: ['Das darf nur, wem die Sitzung gehört.', 'Fragen Sie, wem sie gehört.'],
  INVALID_SHARE: ['Das ist Ihre eigene Adresse.'],
  TOO_MANY_SHARES: ['Mit noch mehr Adressen lässt sich die Sitzung nicht teilen.', 'Entfernen Sie eine davon.'],
  INVALID_API_KEY_NAME: ['Der Name hat 1 bis 100 Buchstaben (ohne Umlaute), Ziffern, Leerzeichen oder _ - ( ).'],
  API_KEY_NAME_TAKEN: ['Einen Schlüssel dieses Namens hat die Sitzung schon.', 'Nehmen Sie einen anderen Namen.'],
  API_KEY_LIMIT_EXCEEDED: [
    'Ihr Tarif erlaubt keine weiteren Schlüssel.',
    'Löschen Sie einen, der nicht gebraucht wird.',
  ],
  INVALID_SESSION_NAME: ['Ein Name hat 1 bis 255 Zeichen.'],
  SESSION_BUSY: [
    'Ein Job dieser Sitzung wartet oder arbeitet.',
    'Warten Sie, bis er fertig ist, oder brechen Sie ihn ab.',
  ],
  NAME_TAKEN: ['Ein Modell dieses Namens gibt es schon.', 'Nehmen Sie einen anderen Namen.'],
  ALREADY_CHAMPION: ['Diese Version ist schon der Champion.'],
  TRAINING_IN_PROGRESS: [
    'Ein Training dieser Sitzung ist noch in Arbeit.',
    'Warten Sie, brechen Sie es ab, oder starten Sie daneben.',
  ],
  TRAINING_NOT_AVAILABLE: ['Ihr Tarif enthält keine Trainings.', 'Der Betreiber des Servers kann ihn ändern.'],
  TRAINING_LIMIT_REACHED: [
    'Die Trainings Ihres Tarifs sind für diesen Monat verbraucht.',
    'Ihr Konto zeigt, wann es neue gibt.',
  ],
  COMPUTE_LIMIT_REACHED: [
    'Die Rechenzeit Ihres Tarifs ist für diesen Monat verbraucht.',
    'Ihr Konto zeigt, wann es neue gibt.',
  ],
  PROCESSING_LIMIT_REACHED: [
    'Die Verarbeitungen Ihres Tarifs sind für diesen Monat verbraucht.',
    'Ihr Konto zeigt, wann es neue gibt.',
  ],
  STORAGE_LIMIT_REACHED: [
    'Der Speicher Ihres Tarifs ist voll.',
    'Löschen Sie Dateien, Jobs oder Sitzungen, die nicht gebraucht werden.',
  ],
  TOO_MANY_UPLOADS: [
    'Zu viele Uploads sind begonnen und nicht beendet.',
    'Beenden oder löschen Sie einige; was ruht, wird von selbst entfernt.',
  ],
  NOT_TEXT: [
    'Das ist keine Textdatei.',
    'Speichern Sie die Daten als CSV: Tabellenmappen und Archive lassen sich nicht lesen.',
  ],
  EMPTY_FILE: ['Die Datei ist leer.'],
  FILE_TOO_LARGE: [
    'Die Datei ist größer, als Ihr Tarif erlaubt.',
    'Teilen Sie sie, oder laden Sie nur einen Zeitraum hoch.',
  ],
  PAYLOAD_TOO_LARGE: ['Das ist mehr, als der Server auf einmal annimmt.'],
  IMPORT_IN_PROGRESS: ['Eine Datei dieser Sitzung wird noch gelesen.', 'Versuchen Sie es gleich noch einmal.'],
  INTERNAL_ERROR: [
    'Der Server hat einen Fehler gemacht.',
    'Er steht in seinem Protokoll; versuchen Sie es noch einmal.',
  ],
}

export function refusal(code: string, details: RefusalDetails): RefusalWords | null {
  if (code === 'DUPLICATE_FILE') {
    const names = Array.isArray(details.bezeichnung) ? details.bezeichnung.map(String) : [String(details.bezeichnung)]
    return {
      message: `Die Sitzung hat unter diesem Namen schon eine Datei: ${names.join(', ')}.`,
      suggestion: 'Nehmen Sie einen anderen Namen, oder löschen Sie die alte Datei.',
    }
  }
  const [message, suggestion = null] = WORDS[code] ?? []
  return message === undefined ? null : { message, suggestion }
}
