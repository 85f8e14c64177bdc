"""Illustrated food pictures, drawn by code: the same seed always gives the same picture."""

from dashboard.demo.scenes.scene import Framing, Scene, SceneObject, draw_cutout, draw_scene, variation

__all__ = ["Framing", "Scene", "SceneObject", "draw_cutout", "draw_scene", "variation"]
