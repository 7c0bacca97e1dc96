/** Configuration with calibration avatars: the face turns white while the audio is loud, else black. */
export const probeConfig = (service: string) => `
service: {agent_name: probe, ${service}}
probe_a:
  video_path: avatars/ava/source.png
  model: probe
  name: Probe A
  audio_clips: {hello: avatars/ava/clips/hello.wav}
probe_b: {video_path: avatars/leo/source.png, model: probe, name: Probe B}
broken: {video_path: no/such/video.mp4, model: probe}
`;
