'use client';
import { useCallback, useEffect, useState, type RefObject } from 'react';

/** Full screen of one element. `supported` is false on iPhones, which only know it for bare videos. */
export function useFullscreen(element: RefObject<HTMLElement | null>): {
  active: boolean;
  supported: boolean;
  toggle: () => void;
} {
  const [active, setActive] = useState(false);
  const [supported, setSupported] = useState(false);
  useEffect(() => {
    setSupported(document.fullscreenEnabled);
    const update = (): void => setActive(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', update);
    return () => document.removeEventListener('fullscreenchange', update);
  }, []);
  const toggle = useCallback(() => {
    if (document.fullscreenElement !== null) void document.exitFullscreen();
    else void element.current?.requestFullscreen().catch(() => setSupported(false));
  }, [element]);
  return { active, supported, toggle };
}
