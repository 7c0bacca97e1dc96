/** Several agents as one service: what the page shows when its rooms may be taken by any of them. */
import type { AgentStatus, AvatarSummary } from '@live-avatar/agent/contract';

/**
 * One status of all: seats and sessions are summed, each stage is the slowest agent's. An agent that takes no new
 * sessions (it drains, or LiveKit is away from it) has no free seats, unless that is so for all. Agents under another
 * name than the first's get none of our jobs and are left out. `statuses` holds one at least.
 */
export function mergeStatuses(statuses: readonly [AgentStatus, ...AgentStatus[]]): AgentStatus {
  const [first] = statuses;
  const agents = onePerInstance(statuses).filter(({ agentName }) => agentName === first.agentName);
  const accepting = agents.some(isAccepting);
  const seats = (agent: AgentStatus): number =>
    isAccepting(agent) || !accepting ? agent.maxSessions : agent.activeSessions;
  const stages: AgentStatus['stages'] = {};
  for (const [name, { p50Ms, p99Ms }] of agents.flatMap((agent) => Object.entries(agent.stages))) {
    const { p50Ms: otherP50 = 0, p99Ms: otherP99 = 0 } = stages[name] ?? {};
    stages[name] = { p50Ms: Math.max(p50Ms, otherP50), p99Ms: Math.max(p99Ms, otherP99) };
  }
  return {
    ...first,
    accepting,
    activeSessions: sum(agents.map(({ activeSessions }) => activeSessions)),
    maxSessions: sum(agents.map(seats)),
    // The stricter one: a page that keeps the microphone to the avatar breaks no agent.
    privacy: agents.some(({ privacy }) => privacy === 'avatar-only') ? 'avatar-only' : 'room',
    sessions: agents.flatMap(({ sessions }) => sessions),
    stages,
    rssMb: sum(agents.map(({ rssMb }) => rssMb)),
  };
}

/** One list of all: an avatar is ready where any agent says so, else the furthest in preparation is shown. */
export function mergeAvatars(lists: readonly (readonly AvatarSummary[])[]): AvatarSummary[] {
  const best = new Map<string, AvatarSummary>();
  for (const avatar of lists.flat()) {
    const other = best.get(avatar.id);
    if (other === undefined || rank(avatar) > rank(other)) best.set(avatar.id, avatar);
  }
  return [...best.values()];
}

const isAccepting = ({ accepting }: AgentStatus): boolean => accepting !== false;

function rank({ status, progressRatio = 0 }: AvatarSummary): number {
  if (status === 'ready') return 3;
  return status === 'preparing' ? 1 + progressRatio : 0;
}

/** The same agent may answer at two addresses. */
function onePerInstance(statuses: readonly AgentStatus[]): AgentStatus[] {
  const seen = new Set<string>();
  return statuses.filter(({ instance }) => {
    if (instance === undefined) return true;
    const isNew = !seen.has(instance);
    seen.add(instance);
    return isNew;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
