import * as tf from "@tensorflow/tfjs";

/** Symmetric round-to-nearest of a kernel, ties to even: the method `linear` with `symmetric: true`, in tfjs operations.
 *  w′ = s·q,  s = max|w| / qmax,  q = round(w / s) ∈ [−qmax, qmax],  qmax = 2^(bits−1) − 1;  a zero channel gives s = 0, w′ = 0.
 *  1 bit: w′ = s·sign(w) with s = mean|w|, the scale of least squared error, and sign(0) = +1 (Rastegari et al. 2016, arXiv 1603.05279).
 *  w (in, out) f32 → w′ (in, out) f32;  one scale per output channel, or one in all.   2 bits and more: |w − w′| ≤ s/2.
 *  Called inside `tf.tidy`. */
export function roundKernel(w: tf.Tensor2D, bits: number, per: "channel" | "tensor"): tf.Tensor2D {
  if (bits === 1) {
    const scale = meanMagnitude(w, per);
    return tf.where(w.greaterEqual(0), scale.broadcastTo(w.shape), scale.neg().broadcastTo(w.shape));
  }
  const axes = per === "channel" ? [0] : [0, 1];
  const largestCode = 2 ** (bits - 1) - 1;
  const scale = w.abs().max(axes, true).div(largestCode);
  const divisor = tf.where(scale.greater(0), scale, tf.onesLike(scale));
  return w.div(divisor).round().clipByValue(-largestCode, largestCode).mul(scale);
}

/** w′ with the straight-through gradient ∂L/∂w := ∂L/∂w′ (Bengio, Léonard, Courville 2013, arXiv 1308.3432; with integer grids in
 *  training: Jacob et al. 2018, arXiv 1712.05877). Since s follows max|w|, no weight saturates and the gradient is nowhere cut off;
 *  the scale itself is taken as a constant. Called inside `tf.tidy`. */
export function roundStraightThrough(w: tf.Tensor2D, bits: number, per: "channel" | "tensor"): tf.Tensor2D {
  const op = tf.customGrad((kernel) => ({
    value: roundKernel(kernel as tf.Tensor2D, bits, per),
    gradFunc: (upstream: tf.Tensor) => upstream.clone(),
  }));
  return op(w) as tf.Tensor2D;
}

/** mean|w| of each column, (1, out), or of all, (1, 1): summed in float64 in (out, in) order, as `linear` sums. */
function meanMagnitude(w: tf.Tensor2D, per: "channel" | "tensor"): tf.Tensor2D {
  const [inputSize, outputSize] = w.shape;
  const values = w.dataSync();
  const means = new Float32Array(per === "channel" ? outputSize : 1);
  let sum = 0;
  for (let o = 0; o < outputSize; o++) {
    if (per === "channel") sum = 0;
    for (let i = 0; i < inputSize; i++) sum += Math.abs(values[i * outputSize + o]);
    if (per === "channel") means[o] = sum / inputSize;
  }
  if (per === "tensor") means[0] = sum / values.length;
  return tf.tensor2d(means, [1, means.length]);
}
