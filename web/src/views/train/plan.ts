/** What is about to be started: one config per chosen model, of which all share what is not the model's own. */
import { isObject, usedOnly, valueAt, withValue, type Field, type Json, type Path, type Values } from './schema'

export interface Plan {
  /** Configs, each a job; at least one. */
  configs: Values[]
  /** The one that is shown. */
  at: number
}

/** Presets by name: what stands beside the deciding choice (a model's MODE), one per job. */
export const PRESETS = {
  quick: [{ MODE: 'LIN' }, { MODE: 'RIDGE' }],
  balanced: [{ MODE: 'RIDGE' }, { MODE: 'NLinear' }, { MODE: 'Dense' }, { MODE: 'LGBMR' }],
  thorough: [
    { MODE: 'AUTO' },
    { MODE: 'RIDGE' },
    { MODE: 'DLinear', EP: 60 },
    { MODE: 'Dense', EP: 100, PATIENCE: 10 },
    { MODE: 'LSTM', EP: 60, PATIENCE: 10 },
    { MODE: 'LGBMR', N_ESTIMATORS: 500, PATIENCE: 30 },
    { MODE: 'ENSEMBLE' },
  ],
  auto: [{ MODE: 'AUTO' }],
} as const satisfies Record<string, readonly Values[]>
export type Preset = keyof typeof PRESETS

/** The presets of which every model can be chosen here. */
export function presetsFor(options: readonly (string | number)[]): Preset[] {
  return (Object.keys(PRESETS) as Preset[]).filter((name) => PRESETS[name].every((each) => options.includes(each.MODE)))
}

export function begin(path: Path | null, first: Json | undefined, shared: Values = {}): Plan {
  return { configs: [path === null || first === undefined ? shared : withValue(shared, path, first)], at: 0 }
}

/** What an address says of fields that all jobs share: `?max_gap_minutes=180`. */
export function fromAddress(parameters: URLSearchParams, fields: readonly Field[]): Values {
  const found: Values = {}
  for (const { name, kind, options } of fields) {
    const said = parameters.get(name)
    if (said === null) continue
    if (kind === 'choice' && options.includes(said)) found[name] = said
    if ((kind === 'number' || kind === 'integer') && Number.isFinite(Number(said))) found[name] = Number(said)
  }
  return found
}

/** The plan of a preset; what is not the model's own stays as it is. */
export function applied(plan: Plan, path: Path, preset: Preset): Plan {
  const own = path.slice(0, -1)
  const shared = plan.configs[0] ?? {}
  return { configs: PRESETS[preset].map((model) => withValue(shared, own, { ...model })), at: 0 }
}

/** Adds a job with this choice, or takes it away; one always stays. */
export function toggled(plan: Plan, path: Path, choice: Json): Plan {
  const place = plan.configs.findIndex((config) => valueAt(config, path) === choice)
  if (place >= 0) {
    if (plan.configs.length === 1) return plan
    const configs = plan.configs.filter((_, index) => index !== place)
    return { configs, at: Math.min(plan.at > place ? plan.at - 1 : plan.at, configs.length - 1) }
  }
  const shared = withValue(plan.configs[plan.at] ?? {}, path.slice(0, -1), undefined)
  return { configs: [...plan.configs, withValue(shared, path, choice)], at: plan.configs.length }
}

/** One field changed; what is not the model's own is changed for all jobs. */
export function changed(plan: Plan, path: Path, own: Path | null, value: Json | undefined): Plan {
  const isOwn = own !== null && own.length > 0 && own.every((name, index) => path[index] === name)
  return {
    ...plan,
    configs: plan.configs.map((config, index) =>
      index === plan.at || !isOwn ? withValue(config, path, value) : config,
    ),
  }
}

/** The whole config of the shown job written by hand; what is shared becomes that of all. */
export function written(plan: Plan, own: Path | null, config: Values): Plan {
  const name = own?.[0]
  return {
    ...plan,
    configs: plan.configs.map((before, index) => {
      if (index === plan.at || name === undefined) return index === plan.at ? config : before
      const shared = withValue(config, [name], undefined)
      return before[name] === undefined ? shared : { ...shared, [name]: before[name] }
    }),
  }
}

/** What is sent: without values that nobody sees, and side by side where there are several. */
export function toSend(plan: Plan, fields: readonly Field[]): Values[] {
  const parallel = plan.configs.length > 1 && fields.some((field) => field.name === 'allow_parallel')
  return plan.configs.map((config) => ({
    ...usedOnly(fields, config),
    ...(parallel ? { allow_parallel: true } : {}),
  }))
}

/** A text as a config, or why it is none. */
export function parsed(text: string): { config: Values } | { problem: string } {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? { config: value } : { problem: '{ … }' }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}
