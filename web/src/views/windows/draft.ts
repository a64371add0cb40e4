/** Unsaved settings: texts as they are typed, and the requests that preview or save them. */
import type {
  CategorySettings,
  FileSettings,
  SettingError,
  TimeSettings,
  WindowSettings,
  WindowsPreviewBody,
} from '@/api/schema'

export const COMPONENTS = ['jahr', 'monat', 'woche', 'tag', 'feiertag'] as const
export type Component = (typeof COMPONENTS)[number]
export const STEP_FIELDS = ['eingabe', 'ausgabe', 'zeitschrittweite', 'offset'] as const
export type StepField = (typeof STEP_FIELDS)[number]

/** Numbers are texts while somebody types them. */
export interface FileDraft {
  type: FileSettings['type']
  datenform: FileSettings['datenform']
  datenanpassung: FileSettings['datenanpassung']
  zeithorizont_start: string
  zeithorizont_end: string
  mittelwertbildung_uber_den_zeithorizont: boolean
  skalierung: boolean
  skalierung_min: string
  skalierung_max: string
  lags: string
}

export type SchoolSpan = NonNullable<CategorySettings['schulferien']>[number]

export interface CategoryDraft {
  perStep: boolean
  start: string
  end: string
  local: boolean
  scaled: boolean
  min: string
  max: string
  land: string
  bridges: boolean
  school: SchoolSpan[]
}

export interface Draft {
  files: Record<string, FileDraft>
  steps: Record<StepField, string>
  zone: string
  on: Record<Component, boolean>
  categories: Record<Component, CategoryDraft>
}

export function draftOf(saved: WindowSettings): Draft {
  const { zeitschritte, timeInfo } = saved
  return {
    files: Object.fromEntries(saved.files.map((file) => [file.id, fileDraft(file)])),
    steps: {
      eingabe: text(zeitschritte?.eingabe),
      ausgabe: text(zeitschritte?.ausgabe),
      zeitschrittweite: text(zeitschritte?.zeitschrittweite),
      offset: text(zeitschritte?.offset ?? 0),
    },
    zone: timeInfo?.zeitzone ?? 'UTC',
    on: byComponent((name) => timeInfo?.[name] ?? false),
    categories: byComponent((name) => categoryDraft(timeInfo?.category_data[name])),
  }
}

/** What of the draft differs from what is saved, as the preview takes it. */
export function changes(draft: Draft, saved: WindowSettings): WindowsPreviewBody {
  const before = draftOf(saved)
  const files = Object.fromEntries(
    Object.entries(draft.files)
      .map(([id, file]) => [id, fileChanges(file, before.files[id])] as const)
      .filter(([, fields]) => Object.keys(fields).length > 0),
  )
  const info = timeInfo(draft)
  return {
    ...(Object.keys(files).length > 0 ? { files } : {}),
    ...(same(draft.steps, before.steps) ? {} : { zeitschritte: steps(draft) }),
    ...(same(info, timeInfo(before)) ? {} : { timeInfo: info }),
  }
}

export function hasChanges(body: WindowsPreviewBody): boolean {
  return Boolean(body.files ?? body.zeitschritte ?? body.timeInfo)
}

/** What the server says of a setting; its name is written in several ways. */
export function problem(errors: readonly SettingError[], field: string, fileId: string | null = null): string | null {
  const wanted = plain(field)
  const found = errors.find((error) => error.file_id === fileId && plain(error.field ?? '') === wanted)
  return found ? found.message : null
}

/** Errors that stand beside no control. */
export function loose(errors: readonly SettingError[], draft: Draft): SettingError[] {
  const ofFiles = ['zeithorizontstart', 'zeithorizontend', 'lags', 'skalierungmin', 'skalierungmax', 'datenform']
  return errors.filter((error) => {
    const name = plain(error.field ?? '')
    if (error.file_id !== null && error.file_id in draft.files) return !ofFiles.includes(name)
    return !/^(zeitschritte|timeinfo)\.\w+/.test(name)
  })
}

/** A number where the text is one, with comma or point; the text itself where it is not, for the server to refuse. */
export function number(typed: string): number | string | null {
  const trimmed = typed.trim().replace(',', '.')
  if (trimmed === '') return null
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : typed
}

function fileDraft(file: FileSettings): FileDraft {
  const { type, datenform, datenanpassung, mittelwertbildung_uber_den_zeithorizont, skalierung } = file
  return {
    ...{ type, datenform, datenanpassung, mittelwertbildung_uber_den_zeithorizont, skalierung },
    zeithorizont_start: text(file.zeithorizont_start),
    zeithorizont_end: text(file.zeithorizont_end),
    skalierung_min: text(file.skalierung_min),
    skalierung_max: text(file.skalierung_max),
    lags: file.lags.join(' '),
  }
}

function fileChanges(draft: FileDraft, before: FileDraft | undefined): Record<string, unknown> {
  const keys = Object.keys(draft) as (keyof FileDraft)[]
  return Object.fromEntries(
    keys.filter((key) => draft[key] !== before?.[key]).map((key) => [key, fileValue(key, draft)] as const),
  )
}

function fileValue(key: keyof FileDraft, draft: FileDraft): unknown {
  if (key === 'lags') return draft.lags.split(/[\s,;]+/).filter(Boolean)
  const value = draft[key]
  return key.startsWith('zeithorizont') || key.startsWith('skalierung_') ? number(String(value)) : value
}

function steps(draft: Draft): Record<string, unknown> {
  return Object.fromEntries(STEP_FIELDS.map((name) => [name, number(draft.steps[name])]))
}

function timeInfo(draft: Draft): Record<string, unknown> {
  return {
    ...draft.on,
    zeitzone: draft.zone,
    category_data: Object.fromEntries(
      COMPONENTS.filter((name) => draft.on[name]).map((name) => [name, category(name, draft.categories[name])]),
    ),
  }
}

function category(name: Component, draft: CategoryDraft): Record<string, unknown> {
  return {
    datenform: draft.perStep ? 'Zeithorizont' : 'Aktuelle Zeit',
    ...(draft.perStep ? { zeithorizontStart: number(draft.start), zeithorizontEnd: number(draft.end) } : {}),
    detaillierteBerechnung: draft.local,
    skalierung: draft.scaled ? 'ja' : 'nein',
    ...(draft.scaled ? { skalierungMin: number(draft.min), skalierungMax: number(draft.max) } : {}),
    ...(name === 'feiertag' ? { land: draft.land, bruecken: draft.bridges, schulferien: draft.school } : {}),
  }
}

function categoryDraft(saved: CategorySettings | undefined): CategoryDraft {
  const windowed = saved?.zeithorizontStart !== undefined || saved?.zeithorizontEnd !== undefined
  return {
    perStep: (saved?.datenform ?? (windowed ? 'Zeithorizont' : 'Aktuelle Zeit')) === 'Zeithorizont',
    start: text(saved?.zeithorizontStart),
    end: text(saved?.zeithorizontEnd),
    local: saved?.detaillierteBerechnung ?? true,
    scaled: saved?.skalierung === 'ja',
    min: text(saved?.skalierungMin ?? 0),
    max: text(saved?.skalierungMax ?? 1),
    land: saved?.land ?? '',
    bridges: saved?.bruecken ?? false,
    school: saved?.schulferien ?? [],
  }
}

function byComponent<T>(of: (name: Component & keyof TimeSettings) => T): Record<Component, T> {
  return { jahr: of('jahr'), monat: of('monat'), woche: of('woche'), tag: of('tag'), feiertag: of('feiertag') }
}

function text(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

function plain(field: string): string {
  return field.replaceAll('_', '').toLowerCase()
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
