/**
 * ONNX Runtime 1.30 tells its maker how it is used, over https and under an id that it keeps in the user's cache folder,
 * unless this variable is set when its library is loaded. Ours tells nobody anything. Import this before it: the library
 * reads the process's own environment, which only the main thread can write.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
