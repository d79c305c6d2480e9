// What Faust wraps a program in: the little that its class needs, and the kernel that c/driver.c times.
struct UI;
struct Meta {
    void declare(const char *, const char *) {}
};
struct dsp {
    virtual ~dsp() {}
};
struct UI {
    void openVerticalBox(const char *) {}
    void closeBox() {}
};
#define FAUSTFLOAT double

<<includeIntrinsic>>
<<includeclass>>

extern "C" {
extern const int inputs;
const int inputs = kernel().getNumInputs();

void process(const double *const *in, double *out, long frames) {
    static kernel *program = [] {
        kernel *made = new kernel();
        made->init(44100);
        return made;
    }();
    double *outputs[] = {out};
    program->compute(static_cast<int>(frames), const_cast<double **>(in), outputs);
}
}
