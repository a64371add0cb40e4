/** The page's two languages: texts by area, numbers and times as the language writes them. */
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { de } from './de'
import { en, type Texts } from './en'
import { formats, type Formats } from './format'

export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const
export type { Texts }
export type Language = keyof typeof LANGUAGES

const KEY = 'trainyard.language'
const CATALOGUES: Record<Language, Texts> = { en, de }

interface Speech {
  language: Language
  texts: Texts
  format: Formats
  speak: (language: Language) => void
}

const SpeechContext = createContext<Speech | null>(null)

function preferred(): Language {
  const kept = localStorage.getItem(KEY)
  if (kept === 'en' || kept === 'de') return kept
  return navigator.language.startsWith('de') ? 'de' : 'en'
}

export function SpeechProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(preferred)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const speech = useMemo<Speech>(
    () => ({
      language,
      texts: CATALOGUES[language],
      format: formats(language),
      speak: (wanted) => {
        localStorage.setItem(KEY, wanted)
        setLanguage(wanted)
      },
    }),
    [language],
  )
  return <SpeechContext value={speech}>{children}</SpeechContext>
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext)
  if (speech === null) throw new Error('useSpeech needs a SpeechProvider above it')
  return speech
}

/** The texts of the language in use: `const t = useTexts().sessions`. */
export function useTexts(): Texts {
  return useSpeech().texts
}

/** Numbers, dates, durations and sizes as the language writes them. */
export function useFormat(): Formats {
  return useSpeech().format
}
