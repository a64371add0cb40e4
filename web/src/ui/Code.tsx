/** Code to take away: shown as it is, copied by one click. */
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTexts } from '@/i18n'
import { Button } from './Button'

export function Code({ text }: { text: string }) {
  const t = useTexts().frame
  const [copied, setCopied] = useState(false)
  const copy = () => {
    void copyText(text).then(() => {
      setCopied(true)
      setTimeout(() => setCopied(false), 2000)
    })
  }
  return (
    <div className="code">
      {/* Scrolls, so the keyboard must be able to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>{text}</pre>
      <Button small icon aria-label={copied ? t.copied : t.copy} onClick={copy}>
        {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
      </Button>
    </div>
  )
}

/** Also where the page is not served over https and browsers have no clipboard for it. */
export async function copyText(text: string): Promise<void> {
  if ('clipboard' in navigator) {
    await navigator.clipboard.writeText(text)
    return
  }
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without https
  document.execCommand('copy')
  area.remove()
}
