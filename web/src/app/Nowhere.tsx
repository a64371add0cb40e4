/** For an address that is none, with the way back beside everything else. */
import { useTexts } from '@/i18n'
import { ButtonLink } from '@/ui/Button'
import { Empty } from '@/ui/states'

export function Nowhere() {
  const t = useTexts().frame
  return (
    <Empty
      title={t.notFound}
      action={
        <ButtonLink kind="primary" to="/sessions">
          {t.toSessions}
        </ButtonLink>
      }
    >
      {t.nowhereHint}
    </Empty>
  )
}
