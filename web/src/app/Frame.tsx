/** What stands around every view: the way to the main places, language, colours, account; tells when the server is away. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { BookOpen, Contrast, Languages, ListChecks, LogOut, User, Waypoints } from 'lucide-react'
import { NavLink, Outlet, useLocation, useNavigate } from 'react-router'
import { ApiError } from '@/api/client'
import { LANGUAGES, useSpeech } from '@/i18n'
import { Button } from '@/ui/Button'
import { Menu, MenuChoice, MenuItem, MenuLabel } from '@/ui/Menu'
import { useAccount, useSignedIn } from './account'
import { choose, useTheme } from './theme'
import { useSignOut } from './useSignOut'
import './frame.css'

export function Frame() {
  const { texts } = useSpeech()
  const t = texts.frame
  const signedIn = useSignedIn()
  return (
    <div className="frame">
      <a href="#content" className="skip">
        {t.skip}
      </a>
      <header className="frame-head">
        <NavLink to="/" className="brand">
          <img src="/favicon.svg" alt="" width={26} height={26} />
          <span translate="no">{'Trainyard'}</span>
        </NavLink>
        {signedIn ? (
          <nav aria-label={t.navigation}>
            <NavLink to="/sessions">
              <Waypoints size={17} aria-hidden /> <span>{t.sessions}</span>
            </NavLink>
            <NavLink to="/jobs">
              <ListChecks size={17} aria-hidden /> <span>{t.jobs}</span>
            </NavLink>
          </nav>
        ) : null}
        <div className="frame-tools">
          <Preferences />
          {signedIn ? <AccountMenu /> : null}
        </div>
      </header>
      <Connection />
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  )
}

function Preferences() {
  const { texts, language, speak } = useSpeech()
  const t = texts.frame
  const chosen = useTheme()
  return (
    <>
      <Menu
        trigger={
          <Button icon kind="quiet" aria-label={t.language}>
            <Languages size={18} aria-hidden />
          </Button>
        }
      >
        <MenuLabel>{t.language}</MenuLabel>
        <MenuChoice value={language} options={LANGUAGES} onChange={speak} />
      </Menu>
      <Menu
        trigger={
          <Button icon kind="quiet" aria-label={t.theme}>
            <Contrast size={18} aria-hidden />
          </Button>
        }
      >
        <MenuLabel>{t.theme}</MenuLabel>
        <MenuChoice value={chosen} options={t.themes} onChange={choose} />
      </Menu>
    </>
  )
}

function AccountMenu() {
  const { texts } = useSpeech()
  const t = texts.frame
  const navigate = useNavigate()
  const signOut = useSignOut()
  return (
    <Menu
      trigger={
        <Button icon kind="quiet" aria-label={t.account}>
          <User size={18} aria-hidden />
        </Button>
      }
    >
      <AtAGlance />
      <MenuItem onSelect={() => void navigate('/account')}>
        <User size={16} aria-hidden /> {t.account}
      </MenuItem>
      <MenuItem onSelect={() => window.open('/api/docs', '_blank', 'noopener')}>
        <BookOpen size={16} aria-hidden /> {t.apiDocs}
      </MenuItem>
      <MenuItem onSelect={() => void signOut()}>
        <LogOut size={16} aria-hidden /> {t.signOut}
      </MenuItem>
    </Menu>
  )
}

/** Who it is, and how much of the plan is used. */
function AtAGlance() {
  const { texts, format } = useSpeech()
  const t = texts.account
  const me = useAccount().data
  if (me === undefined) return null
  const training = me.usage?.training
  const used =
    training === undefined
      ? t.noPlan
      : training.limit === null
        ? t.unlimited(format.whole(training.used))
        : t.used(format.whole(training.used), format.whole(training.limit))
  return (
    <MenuLabel>
      <span className="frame-who">{me.user.email}</span>
      <span>{training === undefined ? used : t.glance(t.training, used)}</span>
    </MenuLabel>
  )
}

/** Asks whether the server is alive only while something could not be reached. */
function Connection() {
  const { texts } = useSpeech()
  const client = useQueryClient()
  const location = useLocation()
  const alive = useQuery({
    queryKey: ['alive', location.pathname],
    queryFn: async () => {
      const response = await fetch('/health/live').catch(() => null)
      if (!response?.ok) throw new ApiError(0, 'UNREACHABLE', '')
      void client.invalidateQueries({
        predicate: (query) => query.state.status === 'error' && query.queryKey[0] !== 'alive',
      })
      return true
    },
    retry: false,
    refetchInterval: (query) => (query.state.status === 'error' ? 1_500 : 15_000),
  })
  return alive.isError ? (
    <p className="frame-offline" role="alert">
      {texts.frame.offline}
    </p>
  ) : null
}
