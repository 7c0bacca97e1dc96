import type { ReactNode } from 'react';

/** Line icons on a 24-unit grid; decoration only, so always hidden from assistive technology. */
const icon = (children: ReactNode) =>
  function Icon({ size = 22 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.9"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
      >
        {children}
      </svg>
    );
  };

const microphone = (
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);

export const MicIcon = icon(microphone);
export const MicOffIcon = icon(
  <>
    {microphone}
    <path d="m4 4 16 16" />
  </>,
);
export const LeaveIcon = icon(
  <path d="M3.5 14.2c0-1 .5-1.9 1.4-2.4a15 15 0 0 1 14.2 0c.9.5 1.4 1.4 1.4 2.4v1.3c0 .7-.6 1.2-1.3 1.1l-2.6-.5a1.1 1.1 0 0 1-.9-1v-1.6a13 13 0 0 0-7.4 0v1.6c0 .5-.4.9-.9 1l-2.6.5a1.1 1.1 0 0 1-1.3-1.1z" />,
);
export const PlayIcon = icon(<path d="M8 5.5v13l10.5-6.5z" />);
export const StopIcon = icon(<rect x="6.5" y="6.5" width="11" height="11" rx="2" />);
export const HearIcon = icon(
  <>
    <path d="M4 14v-2a8 8 0 0 1 16 0v2" />
    <rect x="3" y="14" width="4.5" height="6.5" rx="2" />
    <rect x="16.5" y="14" width="4.5" height="6.5" rx="2" />
  </>,
);
export const ExpandIcon = icon(
  <path d="M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4" />,
);
export const ShrinkIcon = icon(
  <path d="M9 4v4a1 1 0 0 1-1 1H4M20 9h-4a1 1 0 0 1-1-1V4M15 20v-4a1 1 0 0 1 1-1h4M4 15h4a1 1 0 0 1 1 1v4" />,
);
export const SunIcon = icon(
  <>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4" />
  </>,
);
export const MoonIcon = icon(<path d="M20 14.5A8.3 8.3 0 0 1 9.5 4a8.3 8.3 0 1 0 10.5 10.5z" />);
export const SystemIcon = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2" />
    <path d="M9 20.5h6M12 16.5v4" />
  </>,
);
export const WarningIcon = icon(
  <>
    <path d="M12 4 2.8 19.5h18.4z" />
    <path d="M12 10v4.2M12 17v.1" />
  </>,
);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const SoundIcon = icon(
  <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9a4.2 4.2 0 0 1 0 6M18.6 6.5a7.8 7.8 0 0 1 0 11" />,
);
export const CrossIcon = icon(<path d="m6.5 6.5 11 11M17.5 6.5l-11 11" />);
export const DashIcon = icon(<path d="M7 12h10" />);
export const InviteIcon = icon(
  <>
    <circle cx="10" cy="8" r="3.8" />
    <path d="M3 20c.5-4 3.2-6.2 7-6.2s6.5 2.200 7 6.2M18.5 8.5v6M15.5 11.5h6" />
  </>,
);
