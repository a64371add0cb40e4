/** Every address of the page and the view behind it; views are loaded when they are first shown. */
import { Navigate, type RouteObject } from 'react-router'
import { Broken } from './Broken'
import { Frame } from './Frame'
import { Nowhere } from './Nowhere'
import { Session } from './Session'
import { SignedIn } from './SignedIn'
import { Start } from './Start'

export const routes: RouteObject[] = [
  {
    element: <Frame />,
    errorElement: <Broken />,
    hydrateFallbackElement: <div />,
    children: [
      { path: '/sign-in', lazy: () => import('@/views/signin') },
      { path: '*', element: <Nowhere /> },
      {
        element: <SignedIn />,
        errorElement: <Broken />,
        children: [
          { path: '/', element: <Navigate to="/sessions" replace /> },
          { path: '/sessions', lazy: () => import('@/views/sessions') },
          { path: '/jobs', lazy: () => import('@/views/jobs') },
          { path: '/account', lazy: () => import('@/views/account') },
          { path: '/compare', lazy: () => import('@/views/compare') },
          {
            path: '/sessions/:sessionId',
            element: <Session />,
            errorElement: <Broken />,
            children: [
              { path: 'predict', lazy: () => import('@/views/predict') },
              { path: 'datasets', lazy: () => import('@/views/datasets') },
              { path: 'windows', lazy: () => import('@/views/windows') },
              { index: true, element: <Start /> },
              { path: 'upload', lazy: () => import('@/views/upload') },
              { path: 'data', lazy: () => import('@/views/data') },
              { path: 'results', lazy: () => import('@/views/results') },
              { path: 'train', lazy: () => import('@/views/train') },
              { path: 'live', lazy: () => import('@/views/live') },
              { path: 'models', lazy: () => import('@/views/models') },
            ],
          },
        ],
      },
    ],
  },
]
