"""MuseTalk's arithmetic outside the networks, written from its description; cv2, Pillow and transformers are the yardstick."""
