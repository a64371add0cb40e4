/** Where a session begins: at its data where it has some, else at the upload. */
import { useQuery } from '@tanstack/react-query'
import { Navigate } from 'react-router'
import { api, call } from '@/api/client'
import { Loaded } from '@/ui/states'
import { useSessionId } from './Session'

export function Start() {
  const id = useSessionId()
  const session = useQuery({
    queryKey: ['session', id, 'summary'],
    queryFn: () => call(api.GET('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } })),
  })
  return (
    <Loaded query={session}>
      {({ session: { files } }) => (
        <Navigate to={`/sessions/${id}/${files.input + files.output > 0 ? 'data' : 'upload'}`} replace />
      )}
    </Loaded>
  )
}
