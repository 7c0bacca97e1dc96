"""Computes the golden values of the face pack with MediaPipe's own runtime (an implementation that shares no code with ours).

    python3 -m venv .venv && .venv/bin/pip install mediapipe==0.10.14 'numpy<2' pillow
    .venv/bin/python models/face/golden/make_golden.py .cache/face-packages/node_modules/@mediapipe

Writes <model>.json beside this file. face-golden.test.ts builds the same inputs and compares.
"""
import json
import math
import pathlib
import sys
import tempfile

import mediapipe as mp
import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
PACKAGES = pathlib.Path(sys.argv[1])
# Values kept per output: enough to notice any change of a kernel, few enough to review.
KEPT = 480

MODELS = {
    'face-detector-full-range': ('face_detection/face_detection_full_range.tflite', None, 192, -1.0, ['boxes', 'scores']),
    'face-detector-short-range': ('face_detection/face_detection_short_range.tflite', None, 128, -1.0, ['boxes', 'scores']),
    'face-mesh-attention': (
        'face_mesh/face_mesh_solution_packed_assets.data',
        2_495_952,
        192,
        0.0,
        ['mesh', 'lips', 'leftEye', 'rightEye', 'leftIris', 'rightIris', 'faceFlag'],
    ),
    'selfie-segmentation': ('selfie_segmentation/selfie_segmentation.tflite', None, 256, 0.0, ['person']),
}
# Squares of face.png (x, y, side): the mesh wants a close-up.
WHOLE = (0, 0, 320)
CLOSE_UP = (47, 44, 236)


def noise(size):
    """xorshift32 from seed 1; the top byte of each step."""
    state, values = 1, []
    for _ in range(size * size * 3):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        values.append(state >> 24)
    return np.array(values, np.uint8).reshape(size, size, 3)


def face(size, square):
    """Nearest pixels of the picture: no resampling that two programs could round differently."""
    picture = np.asarray(Image.open(HERE / 'face.png').convert('RGB'))
    x, y, side = square
    steps = np.arange(size) * side // size
    return np.ascontiguousarray(picture[y + steps][:, x + steps])


def run(model_path, size, low, count, image):
    """One picture through ImageToTensor, Inference (reference kernels, no XNNPACK) and TensorsToFloats."""
    each = range(count)
    config = f'''
        input_stream: "image" {' '.join(f'output_stream: "floats{i}"' for i in each)}
        node {{ calculator: "TfLiteCustomOpResolverCalculator" output_side_packet: "OP_RESOLVER:ops" }}
        node {{ calculator: "ImageToTensorCalculator" input_stream: "IMAGE:image" output_stream: "TENSORS:in"
          options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{
            output_tensor_width: {size} output_tensor_height: {size}
            output_tensor_float_range {{ min: {low} max: 1.0 }} }} }} }}
        node {{ calculator: "InferenceCalculator" input_stream: "TENSORS:in" input_side_packet: "OP_RESOLVER:ops"
          output_stream: "TENSORS:out"
          options {{ [mediapipe.InferenceCalculatorOptions.ext] {{
            model_path: "{model_path}" delegate {{ tflite {{}} }} }} }} }}
        node {{ calculator: "SplitTensorVectorCalculator" input_stream: "out"
          {' '.join(f'output_stream: "out{i}"' for i in each)}
          options {{ [mediapipe.SplitVectorCalculatorOptions.ext] {{
            {' '.join(f'ranges: {{ begin: {i} end: {i + 1} }}' for i in each)} }} }} }}
        {' '.join(f'node {{ calculator: "TensorsToFloatsCalculator" input_stream: "TENSORS:out{i}" '
                  f'output_stream: "FLOATS:floats{i}" }}' for i in each)}'''
    graph = mp.CalculatorGraph(graph_config=config)
    results = {}
    for i in each:
        graph.observe_output_stream(
            f'floats{i}', lambda name, packet: results.__setitem__(name, mp.packet_getter.get_float_list(packet)))
    graph.start_run()
    frame = mp.packet_creator.create_image_frame(image_format=mp.ImageFormat.SRGB, data=image)
    graph.add_packet_to_input_stream('image', frame.at(0))
    graph.close()
    return [results[f'floats{i}'] for i in each]


def sample(values):
    """Evenly spread values, and the largest one with its place (for a detector: the face)."""
    step = max(1, -(-len(values) // KEPT))
    # Rows are 2, 3 or 16 values long: a step without those factors meets every column.
    while step > 1 and math.gcd(step, 6) > 1:
        step += 1
    largest = int(np.argmax(values))
    kept = sorted({*range(0, len(values), step), largest})
    return {'length': len(values), 'largest': largest, 'at': kept, 'values': [float(f'{values[i]:.7g}') for i in kept]}


for name, (path, end, size, low, outputs) in MODELS.items():
    cases = {'noise': noise(size), 'face': face(size, CLOSE_UP if 'mesh' in name else WHOLE)}
    with tempfile.NamedTemporaryFile(suffix='.tflite') as tflite:
        tflite.write((PACKAGES / path).read_bytes()[:end])
        tflite.flush()
        golden = {
            case: dict(zip(outputs, map(sample, run(tflite.name, size, low, len(outputs), image))))
            for case, image in cases.items()
        }
    (HERE / f'{name}.json').write_text(json.dumps({'size': size, 'low': low, 'cases': golden}, separators=(',', ':')) + '\n')
    print(name, {case: {k: v['length'] for k, v in o.items()} for case, o in golden.items()})
