/** Starts the page. */
import './styles/tokens.css'
import './styles/base.css'
import './ui/ui.css'
import './app/theme'
import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createBrowserRouter } from 'react-router'
import { RouterProvider } from 'react-router/dom'
import { newQueryClient } from './api/queries'
import { routes } from './app/routes'
import { SpeechProvider } from './i18n'
import { ToastProvider } from './ui/Toasts'
import { TooltipProvider } from './ui/Tooltip'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <SpeechProvider>
      <QueryClientProvider client={newQueryClient()}>
        <TooltipProvider delayDuration={250}>
          <ToastProvider>
            <RouterProvider router={createBrowserRouter(routes)} />
          </ToastProvider>
        </TooltipProvider>
      </QueryClientProvider>
    </SpeechProvider>
  </StrictMode>,
)
