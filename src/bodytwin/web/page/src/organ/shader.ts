/** A surface coloured by value and doubt, with contour lines and hatching, lit from the eye. */
import { FULL, HATCH } from "./uncertainty";

export const VERTEX = /* glsl */ `
attribute float value;
attribute float sd;
attribute float known;
varying float vValue;
varying float vSd;
varying float vKnown;
varying vec3 vNormal;
void main() {
  vValue = value;
  vSd = sd;
  vKnown = known;
  vNormal = normalMatrix * normal;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

export const FRAGMENT = /* glsl */ `
uniform sampler2D table;
uniform vec2 range;
uniform float limit;
uniform float contour;
uniform float ratio;
uniform vec3 nothing;
varying float vValue;
varying float vSd;
varying float vKnown;
varying vec3 vNormal;

float light(vec3 colour) { return dot(colour, vec3(0.3, 0.6, 0.1)); }

void main() {
  float facing = abs(normalize(vNormal).z);
  float lit = 0.72 + 0.28 * facing;
  if (vKnown < 0.999) {
    gl_FragColor = vec4(nothing * lit, 1.0);
    return;
  }
  float u = clamp((vValue - range.x) / max(range.y - range.x, 1e-20), 0.0, 1.0);
  float doubt = limit > 0.0 ? clamp(vSd / (${FULL.toFixed(1)} * limit), 0.0, 1.0) : 0.0;
  vec3 colour = texture2D(table, vec2(u, doubt)).rgb;
  vec3 line = light(colour) > 0.42 ? vec3(0.05) : vec3(0.97);
  if (contour > 0.0) {
    float steps = vValue / contour;
    float width = max(fwidth(steps), 1e-6);
    float away = abs(fract(steps - 0.5) - 0.5) / width;
    float drawn = (1.0 - smoothstep(0.5 * ratio, 1.1 * ratio, away)) * (1.0 - smoothstep(0.25, 0.5, width)) * smoothstep(0.0004, 0.002, width * ratio) * step(0.03, (vValue - range.x) / contour);
    colour = mix(colour, line, 0.45 * drawn);
  }
  if (limit > 0.0 && vSd > limit) {
    float across = mod((gl_FragCoord.x - gl_FragCoord.y) / (1.41421 * ratio), ${HATCH.every.toFixed(1)});
    float half_ = ${(HATCH.width / 2).toFixed(2)};
    float drawn = 1.0 - smoothstep(half_ - 0.5 / ratio, half_ + 0.5 / ratio, abs(across - ${(HATCH.every / 2).toFixed(2)}));
    colour = mix(colour, line, ${HATCH.strength.toFixed(2)} * drawn);
  }
  gl_FragColor = vec4(colour * lit, 1.0);
}`;
