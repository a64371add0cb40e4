/** What the person may do in the session that is shown: its owner everything, a guest what the owner has let them. */
import { createContext, useContext } from 'react'
import type { SessionSummary } from '@/api/schema'

export type Role = SessionSummary['access']

export interface Access {
  role: Role
  /** The address of the owner; null: it is one's own. */
  owner: string | null
}

/** Given by the session's frame, so that no view offers what the server would refuse. */
export const AccessContext = createContext<Access>({ role: 'owner', owner: null })

/** Whether the person may upload, change settings, train and predict here. */
export function useMayEdit(): boolean {
  return mayEdit(useContext(AccessContext).role)
}

export function mayEdit(role: Role): boolean {
  return role !== 'reader'
}
