"""One way to draw without a window, tried as MuJoCo's environments would use it, in a process that may crash.

``python gl_attempt.py BACKEND PATH...``: BACKEND is egl, osmesa or glfw, PATH what ``sys.path`` is to be. The last line of
standard output is a JSON object: {"detail": what draws} or {"problem": why nothing does}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

_LIBRARIES = {"egl": "libEGL.so.1", "osmesa": "libOSMesa.so"}
_MODEL = """
<mujoco>
  <visual><headlight ambient="1 1 1"/></visual>
  <worldbody><geom size="1" rgba="1 1 1 1"/></worldbody>
</mujoco>
"""
_SIZE = 16


def draw(backend: str) -> str:
    """Draw a sphere; the name of what drew it.

    Raises:
        RuntimeError: The frame is black. Whatever the backend raises is passed on.
    """
    # Imported here: sys.path is set late, and MUJOCO_GL has MuJoCo import the backend.
    import glfw  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    glfw.ERROR_REPORTING = "raise"
    try:
        context = importlib.import_module(f"mujoco.{backend}").GLContext(_SIZE, _SIZE)
    except AttributeError as error:  # of None, which PyOpenGL has in place of a library
        message = f"{_LIBRARIES.get(backend, 'the library')} cannot be loaded"
        raise OSError(message) from error
    context.make_current()

    import mujoco  # noqa: PLC0415

    model = mujoco.MjModel.from_xml_string(_MODEL)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    scene = mujoco.MjvScene(model, 10)
    camera, seen = mujoco.MjvCamera(), mujoco.mjtCatBit.mjCAT_ALL
    camera.distance = 3
    mujoco.mjv_updateScene(model, data, mujoco.MjvOption(), mujoco.MjvPerturb(), camera, seen, scene)
    drawing = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100)
    mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, drawing)
    view = mujoco.MjrRect(0, 0, _SIZE, _SIZE)
    mujoco.mjr_render(view, scene, drawing)
    frame = np.zeros((_SIZE, _SIZE, 3), np.uint8)
    mujoco.mjr_readPixels(frame, None, view, drawing)
    if not frame.any():
        message = "the frame is black"
        raise RuntimeError(message)

    from OpenGL import GL  # noqa: PLC0415

    return bytes(GL.glGetString(GL.GL_RENDERER)).decode(errors="replace")


def main(backend: str, path: list[str]) -> None:
    """Try a backend, and say how it went."""
    sys.path[:] = path
    try:
        result = {"detail": draw(backend)}
    except Exception as error:  # noqa: BLE001  # whatever it is, it does not work
        # GLFW's errors read: (65550) b'X11: Failed to open display :1'
        words = " ".join(str(error).split(" b'")[-1].split()).rstrip("'.")
        result = {"problem": words or type(error).__name__}
    sys.stdout.write("\n" + json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)  # libraries print when they end, or crash


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
